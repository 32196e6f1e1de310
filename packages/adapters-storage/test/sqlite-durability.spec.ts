import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { SqliteDatabase, SqliteSnippetRepo } from "@gorunner/adapters-storage";
import { maxPageSize, type Snippet, type SnippetRepo } from "@gorunner/core";
import { aSnippet } from "@gorunner/core/contract";
import { mountDisk } from "./small-disk.js";
import { freshSqliteStore, openAt, runnerError, temporaryFile } from "./support.js";

describe("the SQLite store, several processes on one file", () => {
  it("two write and delete at once, a third reads, and what each was told is so", async () => {
    const { store, path, close } = await freshSqliteStore();
    let isOver = false;
    const reading = (async () => {
      for (let reads = 0; ; reads++) {
        if (isOver) return reads;
        for (const { sizeBytes } of (await store.repo.list({ limit: 20 })).snippets) assert.equal(sizeBytes, 4);
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    const told = await Promise.all([workInProcess(path), workInProcess(path)]).finally(() => {
      isOver = true;
    });
    assert.ok((await reading) > 0);
    const kept = told.flatMap(({ saved, deleted }) => saved.filter((id) => !deleted.includes(id)));
    assert.equal(new Set(told.flatMap(({ saved }) => saved)).size, 80);
    const { snippets } = await store.repo.list({ limit: maxPageSize });
    assert.deepEqual(snippets.map(({ id }) => `${id}`).sort(), kept.sort());
    const { deletions } = await store.repo.deletionsSince("", maxPageSize);
    assert.deepEqual(deletions.map(({ id }) => `${id}`).sort(), told.flatMap(({ deleted }) => deleted).sort());
    await assertSound(path);
    await close();
  });
});

describe("the SQLite store, when there is no room", () => {
  it("is UNAVAILABLE, goes on reading, keeps its file sound, and writes again when there is room", async () => {
    const { repo, path, makeRoom, close } = await crampedStore();
    try {
      const saved: Snippet[] = [];
      const failure: unknown = await (async () => {
        for (;;) saved.push(await repo.save(bulky()));
      })().catch((thrown: unknown) => thrown);
      assert.throws(
        () => {
          throw failure;
        },
        runnerError("UNAVAILABLE", /the disk is full/),
      );
      assert.ok(saved.length > 0);
      await assert.rejects(repo.save(bulky()), runnerError("UNAVAILABLE"));
      for (const snippet of saved) assert.deepEqual(await repo.findById(snippet.id), snippet);
      await makeRoom();
      saved.push(await repo.save(bulky()));
      const { snippets } = await repo.list({ limit: maxPageSize });
      assert.deepEqual(
        snippets.map(({ id }) => id),
        saved.map(({ id }) => id).reverse(),
      );
      const [first] = saved;
      assert.ok(first !== undefined);
      assert.equal(await repo.delete(first.id, 1n), true);
      await assertSound(path);
    } finally {
      await close();
    }
  });
});

describe("the SQLite store, when there is no room as it closes", () => {
  it("closes all the same, and loses nothing", async () => {
    const { repo, makeRoom, closeDatabase, path, close } = await crampedStore();
    try {
      const saved: Snippet[] = [];
      const filling = async () => {
        for (;;) saved.push(await repo.save(bulky()));
      };
      await assert.rejects(filling(), runnerError("UNAVAILABLE"));
      closeDatabase();
      await makeRoom();
      const again = await openAt(`sqlite:${path}`);
      for (const snippet of saved) assert.deepEqual(await again.repo.findById(snippet.id), snippet);
      await again.close();
    } finally {
      await close();
    }
  });
});

/** Too large to be told apart from a small disk by luck. */
const bulky = () => aSnippet({ output: "x".repeat(50_000) });

/**
 * A store with room for a few large snippets: on a disk of its own of 1 MiB, where we may mount one; elsewhere SQLite is
 * told that its file may not grow, at which it behaves the same.
 */
async function crampedStore(): Promise<{
  repo: SnippetRepo;
  path: string;
  makeRoom(): Promise<void>;
  closeDatabase(): void;
  close(): Promise<void>;
}> {
  const file = temporaryFile("runner.db");
  const disk = process.getuid?.() === 0 ? mountDisk(dirname(file.path), { size: "1m" }) : undefined;
  const store = await openAt(`sqlite:${file.path}`);
  await store.migrations.up();
  const database = await SqliteDatabase.open({ path: file.path, timeoutMs: 1000 });
  const limitPages = async (pages: number) => void (await database.first(`pragma max_page_count = ${pages}`));
  if (disk === undefined) await limitPages(200);
  return {
    repo: new SqliteSnippetRepo(database),
    path: file.path,
    makeRoom: async () => (disk === undefined ? limitPages(1_000_000) : disk.remount("size=16m")),
    closeDatabase: () => database.close(),
    async close() {
      database.close();
      await store.close();
      disk?.unmount();
      file.remove();
    },
  };
}

async function assertSound(path: string): Promise<void> {
  const database = await SqliteDatabase.open({ path, timeoutMs: 1000 });
  assert.deepEqual({ ...(await database.first("pragma integrity_check")) }["integrity_check"], "ok");
  database.close();
}

/** Saves forty snippets and deletes every fourth, in a process of its own. @returns the ids that it was told. */
async function workInProcess(path: string): Promise<{ saved: string[]; deleted: string[] }> {
  const args = ["--input-type=module", "--eval", workScript, `sqlite:${path}`];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: fileURLToPath(new URL("..", import.meta.url)) });
  return JSON.parse(stdout);
}

const workScript = `
  import { openStore, parseStoreUri } from "@gorunner/adapters-storage";
  import { aSnippet } from "@gorunner/core/contract";
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  const store = await openStore(parseStoreUri(process.argv[1]), { poolSize: 2, timeoutMs: 30_000, logger });
  const saved = [], deleted = [];
  await Promise.all(Array.from({ length: 40 }, async (_, number) => {
    const { id } = await store.repo.save(aSnippet({ code: "code" }));
    saved.push(String(id));
    if (number % 4 === 0 && await store.repo.delete(id, 1n)) deleted.push(String(id));
  }));
  await store.close();
  console.log(JSON.stringify({ saved, deleted }));`;
