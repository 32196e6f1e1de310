import assert from "node:assert/strict";
import { chmodSync } from "node:fs";
import { dirname } from "node:path";
import { SqliteDatabase } from "@gorunner/adapters-storage";
import { checkSnippetKey } from "@gorunner/core";
import { aSnippet } from "@gorunner/core/contract";
import { mountDisk } from "./small-disk.js";
import { freshSqliteStore, migrateInProcesses, openAt, runnerError, steps, temporaryFile } from "./support.js";

describe("migrations on SQLite", () => {
  it("up twice, down, and up again", async () => {
    const file = temporaryFile("runner.db");
    const store = await openAt(`sqlite:${file.path}`);
    assert.equal(await store.migrations.down({ dropData: true }), undefined);
    assert.deepEqual(await store.migrations.up(), steps);
    assert.deepEqual(await store.migrations.up(), []);
    const [status] = await store.migrations.status();
    assert.ok(status?.appliedAt !== undefined && Math.abs(status.appliedAt.getTime() - Date.now()) < 60_000);
    const saved = await store.repo.save(aSnippet());
    assert.equal(await store.migrations.down({ dropData: false }), "0003-stored-bytes");
    await assert.rejects(store.migrations.down({ dropData: false }), runnerError("INVALID_ARGUMENT", /--drop-data/));
    assert.deepEqual(await store.repo.findById(saved.id), saved);
    assert.equal(await store.migrations.down({ dropData: true }), "0002-keys-and-deletions");
    await assert.rejects(store.check(), runnerError("UNAVAILABLE", /gorunner migrate up/));
    assert.deepEqual(await store.migrations.up(), ["0002-keys-and-deletions", "0003-stored-bytes"]);
    const again = await store.repo.findById(saved.id);
    assert.deepEqual({ ...again, key: "" }, { ...saved, key: "" });
    checkSnippetKey(again?.key ?? "");
    for (const step of [...steps].reverse()) assert.equal(await store.migrations.down({ dropData: true }), step);
    assert.deepEqual(
      await store.migrations.status(),
      steps.map((name) => ({ name })),
    );
    assert.deepEqual(await store.migrations.up(), steps);
    await store.close();
    file.remove();
  });

  it("two processes at once: one does it", async () => {
    const file = temporaryFile("runner.db");
    assert.deepEqual((await migrateInProcesses(`sqlite:${file.path}`, 2)).flat(), steps);
    file.remove();
  });

  it("a newer schema and a stranger's table are refused", async () => {
    const { store, path, close } = await freshSqliteStore();
    const database = await SqliteDatabase.open({ path, timeoutMs: 1000 });
    await database.changes("insert into gorunner_migrations values ('9999-from-the-future', 0)");
    const tooNew = runnerError("INVALID_ARGUMENT", /9999-from-the-future/);
    await assert.rejects(store.migrations.up(), tooNew);
    await assert.rejects(store.migrations.checkVersion(), tooNew);
    await database.changes("delete from gorunner_migrations");
    await store.migrations.checkVersion();
    await assert.rejects(store.migrations.up(), runnerError("INVALID_ARGUMENT", /did not make/));
    database.close();
    await close();
  });
});

describe("a SQLite file that can't be worked on is refused, at start and when asked", () => {
  it("a column that somebody took away", async () => {
    const { store, path, close } = await freshSqliteStore();
    const database = await SqliteDatabase.open({ path, timeoutMs: 1000 });
    await database.changes("alter table shared_codes drop column toolchain");
    await database.changes("alter table gorunner_deletions drop column deleted_by");
    database.close();
    const problems = /table shared_codes lacks column toolchain, table gorunner_deletions lacks column deleted_by/;
    await assert.rejects(store.migrations.up(), runnerError("INVALID_ARGUMENT", problems));
    await assert.rejects(store.check(), runnerError("UNAVAILABLE", problems));
    await assert.rejects(store.repo.save(aSnippet()), runnerError("UNAVAILABLE"));
    await close();
  });

  it("a file that may only be read", async () => {
    const file = temporaryFile("runner.db");
    const isRoot = process.getuid?.() === 0;
    // Rights don't stop root; a disk that is mounted read-only does.
    const disk = isRoot ? mountDisk(dirname(file.path), { size: "4m" }) : undefined;
    try {
      // In another process: in this one the driver keeps the file open until its statements are collected.
      await migrateInProcesses(`sqlite:${file.path}`, 1);
      if (disk === undefined) chmodSync(dirname(file.path), 0o500);
      else disk.remount("ro");
      await assert.rejects(openAt(`sqlite:${file.path}`), runnerError("UNAVAILABLE", /can't open the SQLite file .*SQLITE_/));
    } finally {
      if (disk === undefined) chmodSync(dirname(file.path), 0o700);
      disk?.unmount();
      file.remove();
    }
  });
});

describe("an older Runner that works on a migrated SQLite file meanwhile", () => {
  it("its snippets get a key, each its own", async () => {
    const { store, path, close } = await freshSqliteStore();
    const database = await SqliteDatabase.open({ path, timeoutMs: 1000 });
    for (const code of ["a", "b"]) {
      await database.changes("insert into shared_codes (code, output, error, created_at) values (?, '', '', 0)", code);
    }
    database.close();
    const { snippets } = await store.repo.list({ limit: 10 });
    assert.deepEqual(
      snippets.map(({ id }) => id),
      [2n, 1n],
    );
    for (const { id, key } of snippets) {
      checkSnippetKey(key);
      assert.equal((await store.repo.findByKey(key))?.id, id);
    }
    await close();
  });
});
