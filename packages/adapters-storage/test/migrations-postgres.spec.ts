import assert from "node:assert/strict";
import { openStore, parseStoreUri, type SnippetStore } from "@gorunner/adapters-storage";
import { maxInt64, silentLogger } from "@gorunner/core";
import { aSnippet } from "@gorunner/core/contract";
import { freshDatabase } from "@gorunner/testing";
import pg from "pg";
import { migrateInProcesses, openAt, runnerError, timeoutMs } from "./support.js";

/** What the Go service's migrations leave, word for word in effect. */
const goService = `
  create table schema_migrations (version bigint not null primary key, dirty boolean not null);
  insert into schema_migrations values (1, false);
  create table shared_codes (
    id serial primary key,
    code text not null,
    output text,
    error text,
    created_at timestamp default now()
  );`;

interface Place {
  url: string;
  store: SnippetStore;
  sql(text: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
}

/** A rule about an empty database of its own. */
function check(rule: string, body: (place: Place) => Promise<void>): void {
  it(rule, async () => {
    const database = await freshDatabase();
    const store = await openAt(database.url);
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    try {
      await body({ url: database.url, store, sql: async (text, values) => (await client.query(text, values)).rows });
    } finally {
      await client.end();
      await store.close();
      await database.drop();
    }
  });
}

describe("migrations on PostgreSQL", () => {
  check("up brings an empty database there, a second up does nothing", async ({ store }) => {
    await assert.rejects(store.check(), runnerError("UNAVAILABLE", /gorunner migrate up/));
    await assert.rejects(store.repo.findById(1n), runnerError("UNAVAILABLE", /gorunner migrate up/));
    assert.deepEqual(await store.migrations.status(), [{ name: "0001-shared-codes" }]);
    assert.deepEqual(await store.migrations.up(), ["0001-shared-codes"]);
    assert.deepEqual(await store.migrations.up(), []);
    const [status] = await store.migrations.status();
    assert.ok(status?.appliedAt !== undefined && Math.abs(status.appliedAt.getTime() - Date.now()) < 60_000);
    await store.check();
  });

  check("ten callers at once: one does it", async ({ store }) => {
    const applied = await Promise.all(Array.from({ length: 10 }, () => store.migrations.up()));
    assert.deepEqual(applied.flat(), ["0001-shared-codes"]);
  });

  check("two processes at once: one does it, also when taking over", async ({ url, sql, store }) => {
    await sql(goService);
    await sql("insert into shared_codes (code) select 'code ' || n from generate_series(1, 1000) as n");
    assert.deepEqual((await migrateInProcesses(url, 2)).flat(), ["0001-shared-codes"]);
    assert.equal((await store.repo.findById(1000n))?.code, "code 1000");
  });

  check("down on an empty table, and up again", async ({ store }) => {
    await store.migrations.up();
    assert.equal(await store.migrations.down({ dropData: false }), "0001-shared-codes");
    assert.equal(await store.migrations.down({ dropData: false }), undefined);
    assert.deepEqual(await store.migrations.status(), [{ name: "0001-shared-codes" }]);
    assert.deepEqual(await store.migrations.up(), ["0001-shared-codes"]);
    await store.repo.save(aSnippet());
  });

  check("down drops a table that holds rows only on demand", async ({ store }) => {
    await store.migrations.up();
    const saved = await store.repo.save(aSnippet());
    await assert.rejects(store.migrations.down({ dropData: false }), runnerError("INVALID_ARGUMENT", /holds snippets.*--drop-data/));
    assert.deepEqual(await store.repo.findById(saved.id), saved);
    assert.equal(await store.migrations.down({ dropData: true }), "0001-shared-codes");
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
    await store.migrations.up();
    await sql("insert into gorunner_migrations (name) values ('9999-from-the-future')");
    const tooNew = runnerError("INVALID_ARGUMENT", /9999-from-the-future.*newer version/);
    await assert.rejects(store.migrations.up(), tooNew);
    await assert.rejects(store.migrations.down({ dropData: true }), tooNew);
    assert.deepEqual(
      (await store.migrations.status()).map(({ name }) => name),
      ["0001-shared-codes", "9999-from-the-future"],
    );
    // A server that runs while a newer one arrives stays ready.
    await store.check();
  });
});

describe("taking over the Go service's database", () => {
  check("keeps every row, reads NULLs as empty, and leaves golang-migrate's table alone", async ({ store, sql }) => {
    await sql(goService);
    await sql(
      "insert into shared_codes (code, output, error, created_at) values ('a', 'out', 'err', '2024-05-06 07:08:09.123'), ('b', null, null, null)",
    );
    await sql("insert into shared_codes (code, created_at) values ('c', 'infinity')");
    assert.deepEqual(await store.migrations.up(), ["0001-shared-codes"]);
    assert.deepEqual(await store.repo.findById(1n), {
      id: 1n,
      code: "a",
      output: "out",
      error: "err",
      createdAt: new Date("2024-05-06T07:08:09.123Z"),
    });
    assert.deepEqual(await store.repo.findById(2n), { id: 2n, code: "b", output: "", error: "", createdAt: new Date(0) });
    assert.deepEqual((await store.repo.findById(3n))?.createdAt, new Date(0));
    assert.equal((await store.repo.save(aSnippet())).id, 4n);
    assert.deepEqual(await sql("select * from schema_migrations"), [{ version: "1", dirty: false }]);
  });

  check("its ids pass 2^31", async ({ store, sql }) => {
    await sql(goService);
    await sql("insert into shared_codes (id, code) values (2147483647, 'the last of int4')");
    await sql("select setval('shared_codes_id_seq', 2147483647)");
    await store.migrations.up();
    const saved = await store.repo.save(aSnippet());
    assert.equal(saved.id, 2147483648n);
    assert.deepEqual(await store.repo.findById(saved.id), saved);
  });

  check("the Go service goes on working on it, while we do", async ({ store, sql }) => {
    await sql(goService);
    await store.migrations.up();
    const [row] = await sql("insert into shared_codes (code, output, error) values ($1, $2, $3) returning id", ["go", "o", "e"]);
    assert.equal((await store.repo.findById(BigInt(String(row?.["id"]))))?.code, "go");
    const ours = await store.repo.save(aSnippet({ code: "ours" }));
    assert.equal(ours.id, BigInt(String(row?.["id"])) + 1n);
    assert.equal((await sql("select code from shared_codes where id = $1", [`${ours.id}`]))[0]?.["code"], "ours");
    await sql("delete from shared_codes where id = $1", [`${ours.id}`]);
    assert.equal(await store.repo.findById(ours.id), undefined);
  });

  check("a server of ours that ran before the take-over runs on after it", async ({ store, sql }) => {
    await sql(goService);
    const before = await store.repo.save(aSnippet());
    await store.migrations.up();
    const after = await Promise.all(Array.from({ length: 10 }, () => store.repo.save(aSnippet())));
    assert.deepEqual(await store.repo.findById(before.id), before);
    assert.equal(new Set(after.map(({ id }) => id)).size, 10);
  });

  check("a sequence that a restored dump left behind is moved on", async ({ store, sql }) => {
    await sql(goService);
    await sql("insert into shared_codes (id, code) values (41, 'restored')");
    await store.migrations.up();
    assert.equal((await store.repo.save(aSnippet())).id, 42n);
  });

  check("identities, wide ids and names that want quotes are understood", async ({ url, sql }) => {
    for (const [schema, id] of [
      ["plain", "bigserial primary key"],
      ["Wants ' Quotes", "serial primary key"],
      ["always", "integer generated always as identity primary key"],
      ["by default", 'bigint generated by default as identity (sequence name "own\'s" start 7) primary key'],
    ] as const) {
      const quoted = `"${schema}"`;
      await sql(`create schema ${quoted}`);
      await sql(
        `create table ${quoted}.shared_codes (id ${id}, code text not null, output text, error varchar, created_at timestamptz default now(), note text)`,
      );
      const location = parseStoreUri(url);
      assert.ok(location.kind === "postgres");
      const store = await openStore({ ...location, searchPath: quoted }, { poolSize: 2, timeoutMs, logger: silentLogger });
      assert.deepEqual(await store.migrations.up(), ["0001-shared-codes"], schema);
      const saved = await store.repo.save(aSnippet());
      assert.deepEqual(await store.repo.findById(saved.id), saved);
      assert.ok(Math.abs(saved.createdAt.getTime() - Date.now()) < 60_000, "the time is about now");
      const [sequence] = await sql(
        "select seqtypid::regtype::text as type from pg_sequence join pg_class on oid = seqrelid where relnamespace = $1::regnamespace",
        [quoted],
      );
      assert.deepEqual(sequence, { type: "bigint" });
      await store.close();
    }
  });

  check("a table of another shape is refused with all that is wrong, and left alone", async ({ store, sql }) => {
    await sql("create table shared_codes (id uuid, code varchar(255), output text, owner int not null)");
    await assert.rejects(
      store.migrations.up(),
      runnerError(
        "INVALID_ARGUMENT",
        /id is of type uuid, column code is of type character varying\(255\), column error is missing, column created_at is missing, column owner wants a value, column id is not unique, column id has no sequence/,
      ),
    );
    await sql("drop table shared_codes");
    await sql("create view shared_codes as select 1 as id");
    await assert.rejects(store.migrations.up(), runnerError("INVALID_ARGUMENT", /not an ordinary table/));
    assert.deepEqual(await store.migrations.status(), [{ name: "0001-shared-codes" }]);
  });
});
