import assert from "node:assert/strict";
import { openStore, parseStoreUri } from "@gorunner/adapters-storage";
import { checkSnippetKey, silentLogger } from "@gorunner/core";
import { aSnippet, aStoredSnippet } from "@gorunner/core/contract";
import { check, goService } from "./empty-database.js";
import { runnerError, steps, timeoutMs } from "./support.js";

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
    assert.equal(await store.migrations.down({ dropData: false }), "0003-stored-bytes");
    await assert.rejects(store.migrations.down({ dropData: false }), runnerError("INVALID_ARGUMENT", /shared_codes holds snippets/));
    assert.deepEqual(await store.repo.findById(1n), before);
    assert.equal(await store.migrations.down({ dropData: true }), "0002-keys-and-deletions");
    const goRow = { id: "1", code: "a", output: "out", error: null };
    assert.deepEqual(await sql("select id, code, output, error from shared_codes"), [goRow]);
    await assert.rejects(store.check(), runnerError("UNAVAILABLE", /gorunner migrate up/));
    assert.deepEqual(await store.migrations.up(), ["0002-keys-and-deletions", "0003-stored-bytes"]);
    const after = await store.repo.findById(1n);
    assert.deepEqual({ ...after, key: "" }, { ...before, key: "" });
    assert.notEqual(after?.key, before?.key);
  });

  check("a log of deletions is lost only on demand", async ({ store }) => {
    await store.migrations.up();
    await store.repo.delete((await store.repo.save(aSnippet())).id, 1n);
    assert.equal(await store.migrations.down({ dropData: false }), "0003-stored-bytes");
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
