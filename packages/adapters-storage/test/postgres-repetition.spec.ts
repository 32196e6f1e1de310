import assert from "node:assert/strict";
import { PostgresDatabase, parseStoreUri, type SnippetStore } from "@gorunner/adapters-storage";
import { silentLogger } from "@gorunner/core";
import { aSnippet } from "@gorunner/core/contract";
import pg from "pg";
import { type CuttingProxy, startCuttingProxy } from "./cutting-proxy.js";
import { eventually, freshPostgresStore, openAt, runnerError } from "./support.js";

type Rows = Record<string, unknown>[];

interface Place {
  /** By way of the proxy. */
  store: SnippetStore;
  proxy: CuttingProxy;
  url: string;
  sql(text: string): Promise<Rows>;
}

/** A rule about a migrated database of its own. */
function check(rule: string, body: (place: Place) => Promise<void>): void {
  it(rule, async () => {
    const fresh = await freshPostgresStore();
    const { hostname, port } = new URL(fresh.url);
    const proxy = await startCuttingProxy({ host: hostname, port: Number(port) });
    const store = await openAt(Object.assign(new URL(fresh.url), { port: proxy.port, search: "sslmode=disable" }).href);
    const client = new pg.Client({ connectionString: fresh.url });
    await client.connect();
    try {
      await body({ store, proxy, url: fresh.url, sql: async (text) => (await client.query(text)).rows });
    } finally {
      await client.end();
      await store.close();
      await proxy.close();
      await fresh.close();
    }
  });
}

describe("PostgresSnippetRepo, when a call fails half way", () => {
  check("a save whose answer was lost makes one snippet, and answers it", async ({ store, proxy, sql }) => {
    for (const idempotencyKey of [undefined, "request-1"]) {
      proxy.loseAnswerTo("insert into shared_codes");
      const saved = await store.repo.save(aSnippet(idempotencyKey === undefined ? {} : { idempotencyKey }));
      assert.deepEqual(await sql(`select id from shared_codes where key = '${saved.key}'`), [{ id: `${saved.id}` }]);
      assert.deepEqual(await store.repo.findById(saved.id), saved);
    }
    assert.deepEqual(await sql("select count(*)::int as count from shared_codes"), [{ count: 2 }]);
  });

  check("a read whose answer was lost is asked again", async ({ store, proxy }) => {
    const saved = await store.repo.save(aSnippet());
    proxy.loseAnswerTo("gorunner-find-2");
    assert.deepEqual(await store.repo.findById(saved.id), saved);
    proxy.loseAnswerTo("gorunner-find-by-key");
    assert.deepEqual(await store.repo.findByKey(saved.key), saved);
  });

  check("a delete whose answer was lost is UNAVAILABLE and not repeated: it has happened, once", async ({ store, proxy }) => {
    const { id } = await store.repo.save(aSnippet());
    proxy.loseAnswerTo("gorunner-delete-3");
    await assert.rejects(store.repo.delete(id, 1n), runnerError("UNAVAILABLE"));
    await eventually(async () => assert.equal(await store.repo.findById(id), undefined));
    assert.equal(await store.repo.delete(id, 1n), false);
    assert.equal((await store.repo.deletionsSince("", 10)).deletions.length, 1);
  });

  check("a connection that breaks before anything was sent is made again, for a delete too", async ({ store, proxy }) => {
    const saved = await store.repo.save(aSnippet());
    const { id } = saved;
    // Breaks the one connection that there is, so that the next call makes another.
    proxy.loseAnswerTo("gorunner-find-2");
    proxy.refuseNext();
    assert.deepEqual(await store.repo.findById(id), saved);
    proxy.loseAnswerTo("gorunner-delete-expired");
    await assert.rejects(store.repo.deleteExpired(1), runnerError("UNAVAILABLE"));
    proxy.refuseNext();
    assert.equal(await store.repo.delete(id, 1n), true);
  });

  for (const [code, name] of [
    ["40001", "a serialization failure"],
    ["40P01", "a deadlock"],
  ] as const) {
    check(`${name} is tried again, for every call that writes`, async ({ store, sql }) => {
      await failFirst(sql, code);
      const { id } = await store.repo.save(aSnippet());
      await sql("select setval('attempts', 1, false)");
      assert.equal(await store.repo.delete(id, 1n), true);
      assert.deepEqual(await sql("select last_value from attempts"), [{ last_value: "2" }]);
    });
  }

  check("what was wrong with the statement or the table is not tried again", async ({ store, sql }) => {
    for (const code of ["23514", "53100", "42501"]) {
      await failFirst(sql, code);
      await assert.rejects(store.repo.save(aSnippet()), runnerError("UNAVAILABLE"));
      assert.deepEqual(await sql("select last_value from attempts"), [{ last_value: "1" }]);
    }
  });
});

describe("PostgresDatabase", () => {
  check("commits durably and with time limits, whatever the database or the address says", async ({ url, sql }) => {
    const name = new URL(url).pathname.slice(1);
    await sql(`alter database ${name} set synchronous_commit = off`);
    await sql(`alter database ${name} set lock_timeout = 0`);
    const location = parseStoreUri(`${url}?options=-c%20synchronous_commit%3Doff`);
    assert.ok(location.kind === "postgres");
    const database = new PostgresDatabase(location, { poolSize: 1, timeoutMs: 2000, logger: silentLogger });
    const setting = async (of: string) => {
      const text = `select setting from pg_settings where name = '${of}'`;
      return (await database.query({ name: "", text, values: [], isRepeatable: true }))[0]?.["setting"];
    };
    assert.equal(await setting("synchronous_commit"), "on");
    assert.equal(await setting("statement_timeout"), "1900");
    assert.equal(await setting("lock_timeout"), "1520");
    await database.close();
  });

  check("a row that somebody locks is told as that", async ({ url, store, sql }) => {
    const { id } = await store.repo.save(aSnippet());
    const impatient = await openAt(url, { timeoutMs: 2_000 });
    await sql("begin");
    await sql(`select from shared_codes where id = ${id} for update`);
    await assert.rejects(impatient.repo.delete(id, 1n), runnerError("UNAVAILABLE", /somebody else holds a lock/));
    await sql("rollback");
    assert.equal(await impatient.repo.delete(id, 1n), true);
    await impatient.close();
  });
});

describe("the log of deletions in PostgreSQL", () => {
  check("a slow deletion holds back those that got a later number, so that no reader passes it by", async ({ store, sql, url }) => {
    const slow = await store.repo.save(aSnippet());
    const fast = await store.repo.save(aSnippet());
    const { cursor } = await store.repo.deletionsSince(undefined, 10);
    // Numbers are given before triggers run: the slow one has its number and waits for the lock that we hold.
    await sql(`create function wait() returns trigger language plpgsql as $$
      begin
        if new.snippet_id = ${slow.id} then perform pg_advisory_xact_lock(1); end if;
        return new;
      end $$`);
    await sql("create trigger wait before insert on gorunner_deletions for each row execute function wait()");
    await sql("select pg_advisory_lock(1)");
    const other = await openAt(url);
    const deletes = [store.repo.delete(slow.id, 1n)];
    await eventually(async () => assert.equal((await waiting(sql)).length, 1));
    deletes.push(other.repo.delete(fast.id, 1n));
    await eventually(async () => assert.equal((await waiting(sql)).length, 2));
    const before = await store.repo.deletionsSince(cursor, 10);
    assert.deepEqual(before.deletions, []);
    await sql("select pg_advisory_unlock(1)");
    assert.deepEqual(await Promise.all(deletes), [true, true]);
    const after = await store.repo.deletionsSince(before.cursor, 10);
    assert.deepEqual(
      after.deletions.map(({ id }) => id),
      [slow.id, fast.id],
    );
    await other.close();
  });
});

const waiting = (sql: Place["sql"]) => sql("select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()");

/** From now on the first row that is inserted into or deleted from the table fails with that SQLSTATE. */
async function failFirst(sql: Place["sql"], code: string): Promise<void> {
  await sql("create sequence if not exists attempts");
  await sql("select setval('attempts', 1, false)");
  await sql(`create or replace function fail_first() returns trigger language plpgsql as $$
    begin
      if nextval('attempts') = 1 then raise exception 'no' using errcode = '${code}'; end if;
      return coalesce(new, old);
    end $$`);
  await sql(`create or replace trigger fail_first before insert or delete on shared_codes for each row execute function fail_first()`);
}
