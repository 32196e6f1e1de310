/** That the size of the store is kept right by whoever changes it. */
import assert from "node:assert/strict";
import { storedSizeOf } from "@gorunner/core";
import { aSnippet } from "@gorunner/core/contract";
import Libsql from "libsql";
import pg from "pg";
import { check, goService } from "./empty-database.js";
import { freshSqliteStore, openAt, runnerError, steps } from "./support.js";

const counted =
  "select coalesce(sum(512 + octet_length(code) + coalesce(octet_length(output), 0) + coalesce(octet_length(error), 0)), 0)::int as bytes from shared_codes";

describe("the bytes that PostgreSQL has of snippets", () => {
  check("are counted when it is taken over, and then whoever writes: the Go service, a hand, many at once", async ({ url, store, sql }) => {
    await sql(goService);
    await sql("insert into shared_codes (code, output, error) values ('ü', null, null), ('abc', repeat('x', 10000), 'e')");
    await store.migrations.up();
    const agrees = async () => assert.equal(await store.repo.storedBytes(), (await sql(counted))[0]?.["bytes"]);
    await agrees();
    await sql("insert into shared_codes (code) select repeat('c', n) from generate_series(1, 500) as n");
    await agrees();
    await sql("update shared_codes set output = repeat('o', 100), code = code || 'more' where id % 2 = 0");
    await agrees();
    await sql("delete from shared_codes where id % 3 = 0");
    await agrees();
    await sql("begin; delete from shared_codes; rollback");
    await agrees();
    const clients = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const client = new pg.Client({ connectionString: url });
        await client.connect();
        return client;
      }),
    );
    await Promise.all(
      clients.map(async (client, index) => {
        for (let round = 0; round < 20; round++) {
          await client.query("insert into shared_codes (code) values ($1)", ["x".repeat(round)]);
          await client.query("delete from shared_codes where id = (select min(id) from shared_codes where id % 8 = $1)", [index]);
        }
        await client.end();
      }),
    );
    await agrees();
    await sql("truncate shared_codes");
    assert.equal(await store.repo.storedBytes(), 0);
    await store.repo.save(aSnippet());
    await agrees();
  });

  check("the Go service's user needs no right more", async ({ url, store, sql }) => {
    await sql(goService);
    await store.migrations.up();
    const role = `goservice_${process.pid}`;
    await sql(`create role ${role} login password 'p'; grant select, insert, delete on shared_codes to ${role}`);
    await sql(`grant usage on sequence shared_codes_id_seq to ${role}`);
    const client = new pg.Client({ connectionString: Object.assign(new URL(url), { username: role, password: "p" }).href });
    await client.connect();
    try {
      await client.query("insert into shared_codes (code) values ('abc')");
      assert.equal(await store.repo.storedBytes(), 515);
      await assert.rejects(client.query("delete from gorunner_stored_bytes"), /permission denied/);
      await client.query("delete from shared_codes");
      assert.equal(await store.repo.storedBytes(), 0);
    } finally {
      await client.end();
      await sql(`drop owned by ${role}; drop role ${role}`);
    }
  });

  check("another schema, and names that want quotes", async ({ url, sql }) => {
    await sql('create schema "my Schema"');
    const store = await openAt(`${url}?search_path=%22my%20Schema%22`);
    try {
      assert.deepEqual(await store.migrations.up(), steps);
      const given = aSnippet();
      await store.repo.save(given);
      assert.equal(await store.repo.storedBytes(), storedSizeOf(given));
      await store.check();
      assert.equal(await store.migrations.down({ dropData: false }), "0003-stored-bytes");
      await store.migrations.up();
      assert.equal(await store.repo.storedBytes(), storedSizeOf(given));
    } finally {
      await store.close();
    }
  });

  check("a table of another's in their place is refused", async ({ store, sql }) => {
    await sql("create table gorunner_stored_bytes ()");
    await assert.rejects(
      store.migrations.up(),
      runnerError("INVALID_ARGUMENT", /gorunner_stored_bytes already, which Runner did not make/),
    );
  });
});

describe("the bytes that SQLite has of snippets", () => {
  it("are counted whoever writes, and anew after down and up", async () => {
    const { store, path, close } = await freshSqliteStore();
    const other = new Libsql(path);
    try {
      const given = aSnippet({ output: "ü".repeat(100) });
      await store.repo.save(given);
      other.exec("insert into shared_codes (code, output, error, created_at) values ('abc', '', '', 0)");
      assert.equal(await store.repo.storedBytes(), storedSizeOf(given) + 515);
      other.exec("update shared_codes set error = 'four' where code = 'abc'");
      assert.equal(await store.repo.storedBytes(), storedSizeOf(given) + 519);
      assert.equal(await store.migrations.down({ dropData: false }), "0003-stored-bytes");
      await store.migrations.up();
      assert.equal(await store.repo.storedBytes(), storedSizeOf(given) + 519);
      other.exec("delete from shared_codes");
      assert.equal(await store.repo.storedBytes(), 0);
    } finally {
      other.close();
      await close();
    }
  });
});
