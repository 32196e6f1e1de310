import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { SqliteDatabase } from "@gorunner/adapters-storage";
import { maxInt64 } from "@gorunner/core";
import { aSnippet } from "@gorunner/core/contract";
import { freshSqliteStore, openAt, runnerError, temporaryFile } from "./support.js";

describe("the SQLite store", () => {
  it("makes its directory, and keeps snippets over a restart", async () => {
    const file = temporaryFile("deep/er/runner.db");
    const before = await openAt(`sqlite:${file.path}`);
    await before.migrations.up();
    const saved = await before.repo.save(aSnippet());
    await before.close();
    const after = await openAt(`sqlite:${file.path}`);
    assert.deepEqual(await after.migrations.up(), []);
    assert.deepEqual(await after.repo.findById(saved.id), saved);
    await after.check();
    assert.match(after.describe(), /SQLite file .*deep\/er\/runner\.db/);
    await after.close();
    file.remove();
  });

  it("has everything in its one file once it is closed", async () => {
    const { store, path, close } = await freshSqliteStore();
    await store.repo.save(aSnippet());
    await store.close();
    await store.close();
    assert.ok(!existsSync(`${path}-wal`) || statSync(`${path}-wal`).size === 0, "the log is empty");
    await close();
  });

  it("lost nothing that was saved when its process is killed", async () => {
    const file = temporaryFile("runner.db");
    const child = spawn(process.execPath, ["--input-type=module", "--eval", saveForever, `sqlite:${file.path}`], {
      cwd: fileURLToPath(new URL("..", import.meta.url)),
      stdio: ["ignore", "pipe", "inherit"],
    });
    let told = "";
    for await (const chunk of child.stdout.setEncoding("utf8")) {
      told += chunk;
      if (told.split("\n").length > 20) child.kill("SIGKILL");
    }
    const last = BigInt(told.split("\n").slice(0, -1).at(-1) ?? "");
    const store = await openAt(`sqlite:${file.path}`);
    for (let id = 1n; id <= last; id++) assert.ok((await store.repo.findById(id)) !== undefined, `${id} is there`);
    await store.close();
    file.remove();
  });

  it("ids pass 2^31 and 2^53, and are not reused by a later process", async () => {
    const { store, path, close } = await freshSqliteStore();
    const database = await SqliteDatabase.open({ path, timeoutMs: 1000 });
    for (const before of [2n ** 31n - 1n, 2n ** 53n, maxInt64 - 2n]) {
      await database.changes("update sqlite_sequence set seq = ? where name = 'shared_codes'", before);
      await database.changes(
        "insert into sqlite_sequence (name, seq) select 'shared_codes', ? where not exists (select 1 from sqlite_sequence)",
        before,
      );
      const saved = await store.repo.save(aSnippet());
      assert.equal(saved.id, before + 1n);
      assert.deepEqual(await store.repo.findById(saved.id), saved);
      assert.equal(await store.repo.findById(before), undefined);
      assert.equal(await store.repo.delete(saved.id, 1n), true);
    }
    database.close();
    await store.close();
    const later = await openAt(`sqlite:${path}`);
    assert.equal((await later.repo.save(aSnippet())).id, maxInt64);
    await later.close();
    await close();
  });

  it("two stores on one file behave as one", async () => {
    const { store: one, path, close } = await freshSqliteStore();
    const other = await openAt(`sqlite:${path}`);
    const saved = await Promise.all(Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? one : other).repo.save(aSnippet())));
    assert.equal(new Set(saved.map(({ id }) => id)).size, 40);
    const [first] = saved;
    assert.ok(first !== undefined);
    const outcomes = await Promise.all([one.repo.delete(first.id, 1n), other.repo.delete(first.id, 1n)]);
    assert.deepEqual(outcomes.sort(), [false, true]);
    await other.close();
    await close();
  });

  it("somebody else's lock is UNAVAILABLE in time, with the event loop free; reads go on", async () => {
    const { store, path, close } = await freshSqliteStore();
    const saved = await store.repo.save(aSnippet());
    const impatient = await openAt(`sqlite:${path}`, { timeoutMs: 300 });
    const holder = await SqliteDatabase.open({ path, timeoutMs: 1000 });
    await holder.changes("begin immediate");
    let ticks = 0;
    const ticking = setInterval(() => ticks++, 5);
    await assert.rejects(impatient.repo.save(aSnippet()), runnerError("UNAVAILABLE", /SQLITE_BUSY/));
    clearInterval(ticking);
    assert.ok(ticks >= 5, `${ticks} timers fired meanwhile`);
    assert.deepEqual(await impatient.repo.findById(saved.id), saved);
    await impatient.check();
    await holder.changes("rollback");
    await impatient.repo.save(aSnippet());
    holder.close();
    await impatient.close();
    await close();
  });

  it("is UNAVAILABLE before its migrations, when its file is gone, and once closed", async () => {
    const file = temporaryFile("runner.db");
    const store = await openAt(`sqlite:${file.path}`);
    await assert.rejects(store.check(), runnerError("UNAVAILABLE", /gorunner migrate up/));
    await assert.rejects(store.repo.findById(1n), runnerError("UNAVAILABLE", /gorunner migrate up/));
    await store.migrations.up();
    await store.check();
    rmSync(file.path);
    await assert.rejects(store.check(), runnerError("UNAVAILABLE", /removed or replaced/));
    // It would be acknowledged, and gone with the process.
    await assert.rejects(store.repo.save(aSnippet()), runnerError("UNAVAILABLE", /removed or replaced/));
    await store.close();
    await assert.rejects(store.repo.save(aSnippet()), runnerError("UNAVAILABLE", /closed/));
    file.remove();
  });

  it("what can't be opened is told with the reason", async () => {
    const file = temporaryFile("not-a-database");
    writeFileSync(file.path, "some text that is no database\n".repeat(100));
    await assert.rejects(openAt(`sqlite:${file.path}`), runnerError("UNAVAILABLE", /SQLITE_NOTADB/));
    await assert.rejects(openAt(`sqlite:${file.path}/below-a-file`), runnerError("UNAVAILABLE", /EEXIST|ENOTDIR/));
    await assert.rejects(openAt(`sqlite:${join(file.path, "..")}`), runnerError("UNAVAILABLE", /can't open/));
    file.remove();
  });
});

const saveForever = `
  import { openStore, parseStoreUri } from "@gorunner/adapters-storage";
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  const store = await openStore(parseStoreUri(process.argv[1]), { poolSize: 2, timeoutMs: 5000, logger });
  await store.migrations.up();
  for (let number = 0; ; number++) {
    const { id } = await store.repo.save({ key: String(number).padStart(16, "0"), code: "c", output: "o", error: "" });
    await new Promise((resolve) => process.stdout.write(id + "\\n", resolve));
  }`;
