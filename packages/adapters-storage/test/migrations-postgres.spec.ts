import assert from "node:assert/strict";
import { maxInt64 } from "@gorunner/core";
import { aSnippet } from "@gorunner/core/contract";
import { check, goService } from "./empty-database.js";
import { migrateInProcesses, runnerError, steps } from "./support.js";

describe("migrations on PostgreSQL", () => {
  check("up brings an empty database there, a second up does nothing", async ({ store }) => {
    await assert.rejects(store.check(), runnerError("UNAVAILABLE", /gorunner migrate up/));
    await assert.rejects(store.repo.findById(1n), runnerError("UNAVAILABLE", /gorunner migrate up/));
    assert.deepEqual(
      await store.migrations.status(),
      steps.map((name) => ({ name })),
    );
    assert.deepEqual(await store.migrations.up(), steps);
    assert.deepEqual(await store.migrations.up(), []);
    const [status] = await store.migrations.status();
    assert.ok(status?.appliedAt !== undefined && Math.abs(status.appliedAt.getTime() - Date.now()) < 60_000);
    await store.check();
  });

  check("ten callers at once: one does it", async ({ store }) => {
    const applied = await Promise.all(Array.from({ length: 10 }, () => store.migrations.up()));
    assert.deepEqual(applied.flat(), steps);
  });

  check("two processes at once: one does it, also when taking over", async ({ url, sql, store }) => {
    await sql(goService);
    await sql("insert into shared_codes (code) select 'code ' || n from generate_series(1, 1000) as n");
    assert.deepEqual((await migrateInProcesses(url, 2)).flat(), steps);
    assert.equal((await store.repo.findById(1000n))?.code, "code 1000");
  });

  check("down on an empty table, and up again", async ({ store }) => {
    await store.migrations.up();
    for (const step of [...steps].reverse()) assert.equal(await store.migrations.down({ dropData: false }), step);
    assert.equal(await store.migrations.down({ dropData: false }), undefined);
    assert.deepEqual(
      await store.migrations.status(),
      steps.map((name) => ({ name })),
    );
    assert.deepEqual(await store.migrations.up(), steps);
    await store.repo.save(aSnippet());
  });

  check("down drops a table that holds rows only on demand", async ({ store }) => {
    await store.migrations.up();
    const saved = await store.repo.save(aSnippet());
    assert.equal(await store.migrations.down({ dropData: false }), "0003-stored-bytes");
    await assert.rejects(store.migrations.down({ dropData: false }), runnerError("INVALID_ARGUMENT", /holds snippets.*--drop-data/));
    assert.deepEqual(await store.repo.findById(saved.id), saved);
    for (const step of [...steps].reverse().slice(1)) assert.equal(await store.migrations.down({ dropData: true }), step);
    await assert.rejects(store.check(), runnerError("UNAVAILABLE"));
  });

  check("down on a database that was never migrated does nothing", async ({ store }) => {
    assert.equal(await store.migrations.down({ dropData: true }), undefined);
  });

  check("ids pass 2^31 and 2^53", async ({ store, sql }) => {
    await store.migrations.up();
    for (const before of [2n ** 31n - 1n, 2n ** 53n, maxInt64 - 1n]) {
      await sql("select setval('shared_codes_id_seq', $1)", [`${before}`]);
      const saved = await store.repo.save(aSnippet());
      assert.equal(saved.id, before + 1n);
      assert.deepEqual(await store.repo.findById(saved.id), saved);
      assert.equal(await store.repo.findById(before), undefined);
      assert.equal(await store.repo.delete(saved.id, 1n), true);
    }
  });

  check("a schema newer than ours is refused, and left alone", async ({ store, sql }) => {
    // Nothing that is missing is newer.
    await store.migrations.checkVersion();
    await store.migrations.up();
    await store.migrations.checkVersion();
    await sql("insert into gorunner_migrations (name) values ('9999-from-the-future')");
    const tooNew = runnerError("INVALID_ARGUMENT", /9999-from-the-future.*newer version/);
    await assert.rejects(store.migrations.up(), tooNew);
    await assert.rejects(store.migrations.down({ dropData: true }), tooNew);
    await assert.rejects(store.migrations.checkVersion(), tooNew);
    assert.deepEqual(
      (await store.migrations.status()).map(({ name }) => name),
      [...steps, "9999-from-the-future"],
    );
    // A server that runs while a newer one arrives stays ready.
    await store.check();
  });
});
