import assert from "node:assert/strict";
import { openStore, parseStoreUri, type SnippetStore } from "@gorunner/adapters-storage";
import { checkSnippetKey, maxInt64, silentLogger } from "@gorunner/core";
import { aSnippet, aStoredSnippet } from "@gorunner/core/contract";
import { freshDatabase } from "@gorunner/testing";
import pg from "pg";
import { migrateInProcesses, openAt, runnerError, steps, timeoutMs } from "./support.js";

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
    await assert.rejects(store.migrations.down({ dropData: false }), runnerError("INVALID_ARGUMENT", /holds snippets.*--drop-data/));
    assert.deepEqual(await store.repo.findById(saved.id), saved);
    for (const step of [...steps].reverse()) assert.equal(await store.migrations.down({ dropData: true }), step);
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
      [...steps, "9999-from-the-future"],
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
    assert.deepEqual(await store.migrations.up(), steps);
    const { key, ...first } = (await store.repo.findById(1n)) ?? aStoredSnippet();
    const createdAt = new Date("2024-05-06T07:08:09.123Z");
    assert.deepEqual(first, { id: 1n, code: "a", output: "out", error: "err", createdAt, sizeBytes: 1 });
    assert.equal((await store.repo.findByKey(key))?.id, 1n);
    const { key: _, ...second } = (await store.repo.findById(2n)) ?? aStoredSnippet();
    assert.deepEqual(second, { id: 2n, code: "b", output: "", error: "", createdAt: new Date(0), sizeBytes: 1 });
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

  check("each row gets a key of its own, and so does each that the Go service adds", async ({ store, sql }) => {
    await sql(goService);
    await sql("insert into shared_codes (code) select 'code ' || n from generate_series(1, 500) as n");
    await store.migrations.up();
    await sql("insert into shared_codes (code, output, error) select 'later ' || n, '', '' from generate_series(1, 500) as n");
    const rows = await sql("select id, key from shared_codes");
    const keys = rows.map(({ key }) => String(key));
    assert.equal(new Set(keys).size, 1000);
    for (const key of keys) checkSnippetKey(key);
    // Every character of the alphabet appears in 16,000 of them, unless some bits are not random.
    assert.equal(new Set(keys.join("")).size, 64);
    const [row] = rows;
    assert.equal((await store.repo.findByKey(String(row?.["key"])))?.id, BigInt(String(row?.["id"])));
  });

  check("undone and done again it keeps every row, not its key, and asks before it loses one", async ({ store, sql }) => {
    await sql(goService);
    await sql("insert into shared_codes (code, output) values ('a', 'out')");
    await store.migrations.up();
    const before = await store.repo.findById(1n);
    await assert.rejects(store.migrations.down({ dropData: false }), runnerError("INVALID_ARGUMENT", /shared_codes holds snippets/));
    assert.deepEqual(await store.repo.findById(1n), before);
    assert.equal(await store.migrations.down({ dropData: true }), "0002-keys-and-deletions");
    const goRow = { id: "1", code: "a", output: "out", error: null };
    assert.deepEqual(await sql("select id, code, output, error from shared_codes"), [goRow]);
    await assert.rejects(store.check(), runnerError("UNAVAILABLE", /gorunner migrate up/));
    assert.deepEqual(await store.migrations.up(), ["0002-keys-and-deletions"]);
    const after = await store.repo.findById(1n);
    assert.deepEqual({ ...after, key: "" }, { ...before, key: "" });
    assert.notEqual(after?.key, before?.key);
  });

  check("a log of deletions is lost only on demand", async ({ store }) => {
    await store.migrations.up();
    await store.repo.delete((await store.repo.save(aSnippet())).id, 1n);
    await assert.rejects(store.migrations.down({ dropData: false }), runnerError("INVALID_ARGUMENT", /gorunner_deletions holds rows/));
    assert.equal((await store.repo.deletionsSince("", 10)).deletions.length, 1);
  });

  check("a server of ours that ran before the take-over runs on after it", async ({ store, sql }) => {
    await sql(goService);
    await store.migrations.up();
    const before = await store.repo.save(aSnippet());
    // What it was prepared for is still what it finds.
    assert.deepEqual(await store.migrations.up(), []);
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
      assert.deepEqual(await store.migrations.up(), steps, schema);
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
    assert.deepEqual(
      await store.migrations.status(),
      steps.map((name) => ({ name })),
    );
  });
});

describe("a PostgreSQL database that can't be worked on is refused with all that is wrong with it, at start and when asked", () => {
  check("a column that somebody took away", async ({ store, sql }) => {
    await store.migrations.up();
    await sql("alter table shared_codes drop column toolchain, drop column output");
    await sql("alter table gorunner_deletions drop column deleted_by");
    const problems =
      /shared_codes lacks column output, table shared_codes lacks column toolchain, .*gorunner_deletions lacks column deleted_by/;
    await assert.rejects(store.migrations.up(), runnerError("INVALID_ARGUMENT", problems));
    await assert.rejects(store.check(), runnerError("UNAVAILABLE", problems));
    await assert.rejects(store.repo.save(aSnippet()), runnerError("UNAVAILABLE", /column is missing/));
    assert.deepEqual(await sql("select from shared_codes"), []);
  });

  check("columns and a table of somebody else", async ({ store, sql }) => {
    await sql(`${goService} alter table shared_codes add key int; create table gorunner_deletions ()`);
    const problems = /column key already, there is a table gorunner_deletions already/;
    await assert.rejects(store.migrations.up(), runnerError("INVALID_ARGUMENT", problems));
    // Not even the first step, which had succeeded by then.
    assert.deepEqual(await sql("select to_regclass('gorunner_migrations') as ledger"), [{ ledger: null }]);
    assert.deepEqual(
      await sql("select format_type(atttypid, 0) as type from pg_attribute where attname = 'id' and attrelid = 'shared_codes'::regclass"),
      [{ type: "integer" }],
    );
  });

  check("a user without rights", async ({ url, store, sql }) => {
    const role = `guest_${process.pid}`;
    await sql(`create role ${role} login password 'p'`);
    const guestUrl = Object.assign(new URL(url), { username: role, password: "p" });
    const guest = await openAt(guestUrl.href);
    try {
      const mayNotMigrate = runnerError("INVALID_ARGUMENT", /no right to migrate it .*--no-migrate/);
      await assert.rejects(guest.migrations.up(), mayNotMigrate);
      await store.migrations.up();
      await sql(`grant select on shared_codes, gorunner_migrations to ${role}`);
      const problems =
        /the right to insert on shared_codes, .*to delete on shared_codes, .*to select on gorunner_deletions, .*to insert on gorunner_deletions, .*the sequence of ids/;
      await assert.rejects(guest.migrations.up(), runnerError("INVALID_ARGUMENT", problems));
      await assert.rejects(guest.check(), runnerError("UNAVAILABLE", problems));
      await assert.rejects(guest.repo.save(aSnippet()), runnerError("UNAVAILABLE", /permission denied/));
      await sql(`grant select, insert, delete on shared_codes to ${role}`);
      await sql(`grant select, insert on gorunner_deletions to ${role}`);
      await sql(`grant usage on sequence shared_codes_id_seq to ${role}`);
      // The least that suffices: no right to make tables.
      assert.deepEqual(await guest.migrations.up(), []);
      await guest.check();
      const { id } = await guest.repo.save(aSnippet({ expiresAt: new Date(0) }));
      assert.deepEqual(await guest.repo.deleteExpired(1), [id]);
      assert.equal(await guest.repo.delete((await guest.repo.save(aSnippet())).id, 1n), true);
    } finally {
      await guest.close();
      await sql(`drop owned by ${role}; drop role ${role}`);
    }
  });
});
