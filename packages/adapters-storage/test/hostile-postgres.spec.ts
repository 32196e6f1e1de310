/** A PostgreSQL whose rows, sequences, columns and settings are not what Runner left there. */
import assert from "node:assert/strict";
import { aKey, aSnippet } from "@gorunner/core/contract";
import pg from "pg";
import { check } from "./empty-database.js";
import { eventually, openAt, runnerError } from "./support.js";

describe("PostgreSQL rows that others wrote", () => {
  check("a NULL in every column that may be made to hold one reads as empty", async ({ store, sql }) => {
    await store.migrations.up();
    await sql("alter table shared_codes alter column code drop not null, alter column key drop not null");
    const [row] = await sql(
      "insert into shared_codes (code, output, error, created_at, key) values (null, null, null, null, null) returning id",
    );
    const id = BigInt(String(row?.["id"]));
    const found = await store.repo.findById(id);
    assert.deepEqual(found, { id, key: "", code: "", output: "", error: "", createdAt: new Date(0), sizeBytes: 0 });
    assert.deepEqual((await store.repo.list({ limit: 1 })).snippets, [{ id, key: "", createdAt: new Date(0), sizeBytes: 0 }]);
    assert.equal(await store.repo.delete(id, 1n), true);
  });

  check("ids that were inserted by hand do not keep shares from being stored, and no id is given twice", async ({ store, sql }) => {
    await store.migrations.up();
    await sql("insert into shared_codes (id, code) select n, 'by hand' from generate_series(1, 300) as n");
    await sql("insert into shared_codes (id, code) select n, 'by hand' from generate_series(520, 530) as n");
    const saved = await Promise.all(Array.from({ length: 8 }, () => store.repo.save(aSnippet())));
    assert.equal(new Set(saved.map(({ id }) => id)).size, 8);
    for (const snippet of saved) assert.deepEqual(await store.repo.findById(snippet.id), snippet);
    assert.deepEqual(await sql("select count(*)::int as rows from shared_codes where code = 'by hand'"), [{ rows: 311 }]);
  });

  check("the least rights suffice for that", async ({ url, store, sql }) => {
    await store.migrations.up();
    const role = `sharer_${process.pid}`;
    await sql(`create role ${role} login password 'p'`);
    await sql(`grant select, insert, delete on shared_codes to ${role}; grant select, insert on gorunner_deletions to ${role}`);
    await sql(`grant select on gorunner_migrations to ${role}; grant usage on sequence shared_codes_id_seq to ${role}`);
    await sql("insert into shared_codes (id, code) select n, 'by hand' from generate_series(1, 100) as n");
    const sharer = await openAt(Object.assign(new URL(url), { username: role, password: "p" }).href);
    try {
      assert.ok((await sharer.repo.save(aSnippet())).id > 100n);
    } finally {
      await sharer.close();
      await sql(`drop owned by ${role}; drop role ${role}`);
    }
  });

  check("a sequence that is far behind: UNAVAILABLE, with the statement that mends it", async ({ store, sql }) => {
    await store.migrations.up();
    // A sequence that gives the two ids that are taken, again and again: as good as millions of rows, and faster.
    await sql("insert into shared_codes (id, code) values (1, 'by hand'), (2, 'by hand')");
    await sql("alter sequence shared_codes_id_seq maxvalue 2 cycle");
    await assert.rejects(store.repo.save(aSnippet()), runnerError("UNAVAILABLE", /far behind the ids in use; run select setval/));
  });

  check("the largest id can be read, listed and deleted; a used-up sequence is told", async ({ store, sql }) => {
    await store.migrations.up();
    const largest = 2n ** 63n - 1n;
    await sql(`insert into shared_codes (id, code, key) values (${largest}, 'last', '${aKey()}')`);
    assert.equal((await store.repo.findById(largest))?.code, "last");
    assert.equal((await store.repo.save(aSnippet())).id, 1n);
    assert.equal((await store.repo.list({ limit: 10 })).snippets[0]?.id, largest);
    await sql(`select setval('shared_codes_id_seq', ${largest})`);
    await assert.rejects(store.repo.save(aSnippet()), runnerError("UNAVAILABLE", /sequence of ids is used up/));
    assert.equal(await store.repo.delete(largest, 1n), true);
  });
});

describe("PostgreSQL tables that were altered by hand are told, never INTERNAL", () => {
  const altered: [what: string, sql: string, reason: RegExp][] = [
    ["a shorter column", "alter table shared_codes alter column code type varchar(3)", /altered by hand/],
    ["a column of another type", "alter table shared_codes alter column code type int using 1", /altered by hand/],
    [
      "times that are text",
      "alter table shared_codes alter column created_at drop default, alter column created_at type text",
      /altered by hand/,
    ],
    ["one column more that wants a value", "alter table shared_codes add column owner int not null", /altered by hand/],
    ["a constraint", "alter table shared_codes add check (code = 'none')", /altered by hand/],
    [
      "an index that allows one snippet",
      "insert into shared_codes (code) values ('x'); create unique index only_one on shared_codes ((1))",
      /breaks an index/,
    ],
    [
      "ids that are narrow",
      "alter table shared_codes alter column id type smallint; select setval('shared_codes_id_seq', 40000)",
      /migrate up/,
    ],
  ];
  for (const [what, change, reason] of altered) {
    check(what, async ({ store, sql }) => {
      await store.migrations.up();
      // Statements are prepared before the change, as on a server that runs.
      await store.repo.delete((await store.repo.save(aSnippet())).id, 1n);
      await sql(change);
      await assert.rejects(store.repo.save(aSnippet()), runnerError("UNAVAILABLE", reason));
    });
  }

  check("a statement that was prepared for another type of column is prepared anew, within two calls", async ({ store, sql }) => {
    await store.migrations.up();
    const saved = await Promise.all(Array.from({ length: 5 }, () => store.repo.save(aSnippet())));
    await Promise.all(saved.map(({ id }) => store.repo.findById(id)));
    await sql("alter table shared_codes alter column output type varchar");
    // A call that fails has replaced the connections that it tried.
    for (const snippet of saved) await eventually(async () => assert.deepEqual(await store.repo.findById(snippet.id), snippet));
  });
});

describe("PostgreSQL in an encoding that is not UTF-8", () => {
  check("text that is no UTF-8: a clear error for the one snippet, and others are read", async ({ url, store, sql }) => {
    const name = `${new URL(url).pathname.slice(1)}_ascii`;
    await store.migrations.up();
    await sql(`create database ${name} template template0 encoding 'SQL_ASCII' lc_collate 'C' lc_ctype 'C'`);
    const ascii = await openAt(Object.assign(new URL(url), { pathname: `/${name}` }).href);
    try {
      await ascii.migrations.up();
      const good = await ascii.repo.save(aSnippet({ code: "// ünïcödé 🦫" }));
      const odd = await ascii.repo.save(aSnippet());
      await inDatabase(
        Object.assign(new URL(url), { pathname: `/${name}` }).href,
        `update shared_codes set code = e'\\xff\\xfe' where id = ${odd.id}`,
      );
      await assert.rejects(ascii.repo.findById(odd.id), runnerError("UNAVAILABLE", /not valid in its encoding/));
      assert.deepEqual(await ascii.repo.findById(good.id), good);
      await ascii.check();
    } finally {
      await ascii.close();
      await sql(`drop database ${name} with (force)`);
    }
  });

  check("a character that the encoding lacks is told", async ({ url, sql }) => {
    const name = `${new URL(url).pathname.slice(1)}_latin1`;
    await sql(`create database ${name} template template0 encoding 'LATIN1' lc_collate 'C' lc_ctype 'C'`);
    const latin = await openAt(Object.assign(new URL(url), { pathname: `/${name}` }).href);
    try {
      await latin.migrations.up();
      await assert.rejects(latin.repo.save(aSnippet({ code: "🦫" })), runnerError("UNAVAILABLE", /lacks a character.*UTF8/));
      assert.equal((await latin.repo.save(aSnippet({ code: "ü" }))).code, "ü");
    } finally {
      await latin.close();
      await sql(`drop database ${name} with (force)`);
    }
  });
});

describe("a PostgreSQL that takes no writes is not ready", () => {
  check("default_transaction_read_only, and back", async ({ url, store, sql }) => {
    await store.migrations.up();
    const database = new URL(url).pathname.slice(1);
    const opened = () => openAt(url);
    await sql(`alter database ${database} set default_transaction_read_only = on`);
    const frozen = await opened();
    try {
      await assert.rejects(frozen.check(), runnerError("UNAVAILABLE", /read-only \(default_transaction_read_only\)/));
      await assert.rejects(frozen.repo.save(aSnippet()), runnerError("UNAVAILABLE", /read-only/));
      // A server that is started meanwhile waits, and reads.
      assert.deepEqual(await frozen.migrations.up(), []);
      assert.equal(await frozen.repo.findById(1n), undefined);
    } finally {
      await frozen.close();
      await inDatabase(url, `set transaction_read_only = off; alter database ${database} reset default_transaction_read_only`);
    }
    const thawed = await opened();
    await thawed.check();
    await thawed.close();
  });

  check("a right that was revoked, and granted again", async ({ url, store, sql }) => {
    await store.migrations.up();
    const role = `reader_${process.pid}`;
    await sql(`create role ${role} login password 'p'`);
    await sql(`grant select, insert, delete on shared_codes to ${role}; grant select, insert on gorunner_deletions to ${role}`);
    await sql(`grant select on gorunner_migrations to ${role}; grant usage on sequence shared_codes_id_seq to ${role}`);
    const reader = await openAt(Object.assign(new URL(url), { username: role, password: "p" }).href);
    try {
      await reader.check();
      await sql(`revoke insert on shared_codes from ${role}`);
      await assert.rejects(reader.check(), runnerError("UNAVAILABLE", /lacks the right to insert on shared_codes/));
      await sql(`grant insert on shared_codes to ${role}`);
      await reader.check();
    } finally {
      await reader.close();
      await sql(`drop owned by ${role}; drop role ${role}`);
    }
  });
});

async function inDatabase(url: string, statements: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statements);
  } finally {
    await client.end();
  }
}
