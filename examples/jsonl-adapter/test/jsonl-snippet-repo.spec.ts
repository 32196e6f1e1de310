import assert from "node:assert/strict";
import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { aSnippet, snippetRepoContract } from "@gorunner/core/contract";
import { JsonlSnippetRepo } from "../src/jsonl-snippet-repo.js";

/** A store in a directory of its own. */
async function fresh() {
  const directory = await mkdtemp(join(tmpdir(), "jsonl-"));
  const path = join(directory, "snippets.jsonl");
  const port = await JsonlSnippetRepo.open(path);
  return { port, path, remove: () => rm(directory, { recursive: true }) };
}

async function open() {
  const { port, remove } = await fresh();
  const close = async () => {
    await port.close();
    await remove();
  };
  return { port, close };
}

async function openUnreachable() {
  const { port, remove } = await fresh();
  await port.close();
  return { port, close: remove };
}

describe("JsonlSnippetRepo", () => {
  snippetRepoContract(it, open, openUnreachable);

  it("keeps what was saved and deleted when it is opened again, and drops a line that a crash has cut", async () => {
    const { port, path, remove } = await fresh();
    const kept = await port.save(aSnippet());
    const { id } = await port.save(aSnippet());
    await port.delete(id, 1n);
    await port.close();
    await appendFile(path, '{"saved":{"id":"3","co');

    const again = await JsonlSnippetRepo.open(path);
    assert.deepEqual(await again.findById(kept.id), kept);
    assert.equal((await again.deletionsSince("", 10)).deletions.length, 1);
    assert.equal((await again.save(aSnippet())).id, id + 1n);
    await again.close();
    await remove();
  });
});
