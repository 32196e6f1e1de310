import assert from "node:assert/strict";
import type { SnippetStore } from "@gorunner/adapters-storage";
import { aSnippet } from "@gorunner/core/contract";
import { freePort, startPostgres, type TestServer } from "@gorunner/testing";
import pg from "pg";
import { eventually, freshPostgresStore, openAt, recordingLogger, runnerError } from "./support.js";

const unavailable = runnerError("UNAVAILABLE");

describe("PostgresSnippetRepo, when PostgreSQL comes and goes", () => {
  let server: TestServer;
  let store: SnippetStore;
  const log = recordingLogger();
  before(async () => {
    server = await startPostgres();
    // A fifth of the time that the port allows, so that the bound below is not a matter of luck.
    store = await openAt(server.url, { logger: log.logger, timeoutMs: 1000 });
    await store.migrations.up();
  });
  beforeEach(() => {
    log.lines.length = 0;
  });
  after(async () => {
    await store.close();
    await server.stop();
  });

  for (const [name, leave, comeBack] of [
    ["stopped", () => server.stop(), () => server.start()],
    ["killed", () => server.kill(), () => server.start()],
    ["paused", async () => server.pause(), async () => server.resume()],
  ] as const) {
    it(`${name}: every call is UNAVAILABLE within 5 s, the log hears of it once, and it works again without a restart`, async () => {
      // Several connections lie idle in the pool when the server goes.
      const saved = await Promise.all(Array.from({ length: 5 }, () => store.repo.save(aSnippet())));
      const [one] = saved;
      assert.ok(one !== undefined);
      await leave();
      const start = performance.now();
      await Promise.all([
        ...Array.from({ length: 10 }, () => assert.rejects(store.repo.findById(one.id), unavailable)),
        assert.rejects(store.repo.save(aSnippet()), unavailable),
        assert.rejects(store.repo.delete(one.id, 1n), unavailable),
        assert.rejects(store.check(), unavailable),
      ]);
      const tookMs = performance.now() - start;
      assert.ok(tookMs < 5000, `took ${tookMs} ms`);
      assert.deepEqual(log.lines, ["warn PostgreSQL is unavailable"]);
      await comeBack();
      await eventually(async () => assert.deepEqual(await store.repo.findById(one.id), one));
      await store.check();
      assert.deepEqual(log.lines, ["warn PostgreSQL is unavailable", "info PostgreSQL is available again"]);
    });
  }

  it("connections that the server ends are replaced", async () => {
    const saved = await store.repo.save(aSnippet());
    const admin = new pg.Client({ connectionString: server.url });
    await admin.connect();
    for (let round = 0; round < 3; round++) {
      await admin.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()",
      );
      await eventually(async () => assert.deepEqual(await store.repo.findById(saved.id), saved));
    }
    await admin.end();
  });

  it("a connection that dies in mid-call is UNAVAILABLE, and the next call works", async () => {
    const saved = await store.repo.save(aSnippet());
    const admin = new pg.Client({ connectionString: server.url });
    await admin.connect();
    await admin.query("begin");
    await admin.query("lock table shared_codes in access exclusive mode");
    const refused = assert.rejects(store.repo.findById(saved.id), unavailable);
    await eventually(async () => {
      const { rowCount } = await admin.query("select pg_terminate_backend(pid) from pg_stat_activity where wait_event_type = 'Lock'");
      assert.equal(rowCount, 1);
    });
    await refused;
    await admin.query("rollback");
    await admin.end();
    assert.deepEqual(await store.repo.findById(saved.id), saved);
  });

  it("a table that somebody locks is UNAVAILABLE in time, and no query stays behind on the server", async () => {
    const impatient = await openAt(server.url, { timeoutMs: 300 });
    const admin = new pg.Client({ connectionString: server.url });
    await admin.connect();
    await admin.query("begin");
    await admin.query("lock table shared_codes in access exclusive mode");
    await assert.rejects(impatient.repo.findById(1n), unavailable);
    await eventually(async () => {
      const { rows } = await admin.query("select from pg_stat_activity where wait_event_type = 'Lock'");
      assert.equal(rows.length, 0);
    });
    await admin.end();
    await impatient.close();
  });

  it("more calls than connections wait for their turn", async () => {
    const { store: own, close } = await freshPostgresStore();
    const ids = await Promise.all(Array.from({ length: 200 }, async () => (await own.repo.save(aSnippet())).id));
    assert.equal(new Set(ids).size, 200);
    await close();
  });

  it("closing does not wait for a server that does not answer, nor for a migration that waits", async () => {
    const { store: own, url, close } = await freshPostgresStore();
    const admin = new pg.Client({ connectionString: url });
    await admin.connect();
    await admin.query("begin");
    await admin.query("lock table shared_codes in access exclusive mode");
    const calls = [own.repo.findById(1n), own.migrations.down({ dropData: true })].map((call) => assert.rejects(call, unavailable));
    await new Promise((resolve) => setTimeout(resolve, 100));
    await own.close();
    await Promise.all(calls);
    await assert.rejects(own.repo.findById(1n), unavailable);
    await admin.end();
    await close();
  });
});

describe("openStore on PostgreSQL", () => {
  it("does not need the server to be there", async () => {
    const store = await openAt(`postgres://user:s3cret@127.0.0.1:${await freePort()}/db`);
    await assert.rejects(store.check(), runnerError("UNAVAILABLE", /connection refused/));
    await assert.rejects(store.migrations.up(), runnerError("UNAVAILABLE", /connection refused/));
    assert.doesNotMatch(store.describe(), /s3cret/);
    await store.close();
    await store.close();
  });

  it("says what is wrong with a password, a database or a schema, and never quotes a password", async () => {
    const { url, close } = await freshPostgresStore();
    const log = recordingLogger();
    for (const [change, reason] of [
      [(wrong: URL) => (wrong.password = "wr0ng-guess"), /refuses this user or this password/],
      [(wrong: URL) => (wrong.password = ""), /password/],
      [(wrong: URL) => (wrong.pathname = "/no_such_database"), /no such database/],
    ] as const) {
      const wrong = new URL(url);
      change(wrong);
      const store = await openAt(wrong.href, { logger: log.logger });
      const failure: unknown = await store.check().catch((thrown: unknown) => thrown);
      assert.ok(failure instanceof Error);
      assert.match(failure.message, reason);
      assert.doesNotMatch(JSON.stringify([failure.message, String(failure.cause), log.lines, log.fields]), /wr0ng|p@ss/);
      await store.close();
    }
    await close();
  });

  it("connects by every spelling of one address, sslmodes that allow plain text included", async () => {
    const { url, store, close } = await freshPostgresStore();
    const saved = await store.repo.save(aSnippet());
    const { hostname, port, username, password, pathname } = new URL(url);
    const dsn = `host=${hostname} port=${port} user=${username} password='${decodeURIComponent(password)}' dbname=${pathname.slice(1)}`;
    for (const address of [
      url,
      url.replace("postgres:", "postgresql:"),
      dsn,
      ...["disable", "allow", "prefer"].map((mode) => `${dsn} sslmode=${mode}`),
    ]) {
      const again = await openAt(address);
      assert.deepEqual(await again.repo.findById(saved.id), saved);
      assert.deepEqual(await again.migrations.up(), []);
      await again.close();
    }
    for (const mode of ["require", "verify-ca", "verify-full"]) {
      const strict = await openAt(`${dsn} sslmode=${mode}`);
      await assert.rejects(strict.check(), runnerError("UNAVAILABLE", /does not support SSL/));
      await strict.close();
    }
    await close();
  });

  it("two stores on one database behave as one", async () => {
    const { store: one, url, close } = await freshPostgresStore();
    const other = await openAt(url);
    const saved = await one.repo.save(aSnippet());
    assert.deepEqual(await other.repo.findById(saved.id), saved);
    const outcomes = await Promise.all([one.repo.delete(saved.id, 1n), other.repo.delete(saved.id, 1n)]);
    assert.deepEqual(outcomes.sort(), [false, true]);
    assert.equal(await one.repo.findById(saved.id), undefined);
    await other.close();
    await close();
  });
});
