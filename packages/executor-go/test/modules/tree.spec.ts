import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { measureTree, removeTree } from "../../src/modules/tree.js";

describe("a tree of files", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "gorunner-tree-"));
    for (const folder of ["a/b/c", "d"]) await mkdir(join(directory, "tree", folder), { recursive: true });
    for (let index = 0; index < 600; index++) await writeFile(join(directory, "tree", "a", "b", String(index)), "");
    await writeFile(join(directory, "tree", "d", "some"), Buffer.alloc(100_000, 1));
    await symlink(directory, join(directory, "tree", "d", "link"));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const never = new AbortController().signal;

  it("is measured with its directories, links as themselves, and something for each entry", async () => {
    const { bytes, entries } = await measureTree(join(directory, "tree"), never);
    assert.equal(entries, 607);
    assert.ok(bytes >= 100_000 + 607 * 1024 && bytes < 4 * 1024 * 1024, String(bytes));
  });

  it("is removed without what its links lead to", async () => {
    await writeFile(join(directory, "kept"), "");
    await removeTree(join(directory, "tree"), never);
    assert.deepEqual(await readdir(directory), ["kept"]);
  });

  it("is nothing where there is none", async () => {
    await removeTree(join(directory, "none"), never);
    assert.deepEqual(await measureTree(join(directory, "none"), never), { bytes: 0, entries: 0 });
  });

  it("stops being measured or removed when it is told to", async () => {
    const stopped = AbortSignal.abort(new Error("stopped"));
    await assert.rejects(measureTree(join(directory, "tree"), stopped), /stopped/);
    await assert.rejects(removeTree(join(directory, "tree"), stopped), /stopped/);
  });
});
