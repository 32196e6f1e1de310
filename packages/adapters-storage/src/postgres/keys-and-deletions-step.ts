import { invalidArgument } from "@gorunner/core";
import { refuseToDropRows } from "../migrations/ledger.js";
import type { SqlClient } from "./sql-client.js";

/** Twelve random bytes, six of each of two UUIDs, as base64url. The bytes that are left out have fixed bits among them. */
const randomKey = `translate(encode(
  substring(uuid_send(gen_random_uuid()) from 1 for 6) || substring(uuid_send(gen_random_uuid()) from 1 for 6), 'base64'), '+/', '-_')`;

/**
 * A public key for each snippet, what is told of it besides its texts, and the log of deletions.
 *
 * Every column has a default or may be absent, so that the Go service goes on inserting what it knows; the rows that
 * are there and those that it makes get their key from the database. Giving a key to each row rewrites the table.
 */
export const keysAndDeletionsStep = {
  name: "0002-keys-and-deletions",

  async up(client: SqlClient): Promise<void> {
    await client.query("lock table shared_codes in access exclusive mode");
    await refuseStrangers(client);
    await client.query(`alter table shared_codes
      add column key text collate "C" not null default ${randomKey},
      add column toolchain text,
      add column expires_at timestamptz,
      add column idempotency_key text collate "C"`);
    await client.query("create unique index shared_codes_key on shared_codes (key)");
    await client.query(
      "create unique index shared_codes_idempotency_key on shared_codes (idempotency_key) where idempotency_key is not null",
    );
    await client.query("create index shared_codes_expires_at on shared_codes (expires_at) where expires_at is not null");
    // deleted_by: a user; null for expiry. No foreign key: the snippet is gone.
    await client.query(`create table gorunner_deletions (
      seq bigint generated always as identity primary key,
      snippet_id bigint not null,
      deleted_by bigint,
      deleted_at timestamptz not null default now()
    )`);
  },

  /** Rows stay; their keys go, and with them the links that were given out. */
  async down(client: SqlClient, { dropData }: { dropData: boolean }): Promise<void> {
    await client.query("lock table shared_codes, gorunner_deletions in access exclusive mode");
    for (const table of ["shared_codes", "gorunner_deletions"]) {
      const { rows } = await client.query(`select exists (select from ${table}) as holds_rows`);
      if (rows[0]?.["holds_rows"] === true && !dropData) throw refuseToDropRows(table);
    }
    await client.query("drop table gorunner_deletions");
    await client.query(
      "alter table shared_codes drop column key, drop column toolchain, drop column expires_at, drop column idempotency_key",
    );
  },
};

async function refuseStrangers(client: SqlClient): Promise<void> {
  const { rows } = await client.query(`select attname as name from pg_attribute
    where attrelid = to_regclass('shared_codes') and not attisdropped
      and attname in ('key', 'toolchain', 'expires_at', 'idempotency_key')`);
  const problems = rows.map(({ name }) => `table shared_codes has a column ${String(name)} already`);
  const [deletions] = (await client.query("select to_regclass('gorunner_deletions') is not null as exists")).rows;
  if (deletions?.["exists"] === true) problems.push("there is a table gorunner_deletions already");
  if (problems.length > 0) throw invalidArgument(`the database can't be migrated: ${problems.join(", ")}, which Runner did not make`);
}
