import { invalidArgument, snippetOverheadBytes } from "@gorunner/core";
import type { SqlClient } from "./sql-client.js";

const bytesOf = (row: string) => `sum(${snippetOverheadBytes} + ${octetsOf(row)})`;
const octetsOf = (row: string) => ["code", "output", "error"].map((column) => `coalesce(octet_length(${row}.${column}), 0)`).join(" + ");

/**
 * How many bytes the snippets take, kept by triggers in the transaction of each change, so that what the Go service or a hand
 * changes counts, too.
 *
 * One counter would make all that save or delete wait for each other until they have committed. There are
 * several, and each connection changes its own; one of them may be negative, only the sum counts.
 */
export const storedBytesStep = {
  name: "0003-stored-bytes",

  async up(client: SqlClient): Promise<void> {
    const [stranger] = (await client.query("select to_regclass('gorunner_stored_bytes') is not null as exists")).rows;
    if (stranger?.["exists"] === true)
      throw invalidArgument("the database can't be migrated: there is a table gorunner_stored_bytes already, which Runner did not make");
    // Nothing changes between the count and the triggers.
    await client.query("lock table shared_codes in share row exclusive mode");
    const [place] = (
      await client.query(
        "select quote_ident(nspname) as schema from pg_class join pg_namespace on pg_namespace.oid = relnamespace where pg_class.oid = to_regclass('shared_codes')",
      )
    ).rows;
    const schema = String(place?.["schema"]);
    await client.query(`create table ${schema}.gorunner_stored_bytes (slot int primary key, bytes bigint not null)`);
    await client.query(`insert into gorunner_stored_bytes select 0, coalesce(${bytesOf("codes")}, 0) from shared_codes as codes`);
    // Whoever may read snippets may know how large they are; who changes them needs no right to the counters.
    await client.query("grant select on gorunner_stored_bytes to public");
    await client.query(`create function ${schema}.gorunner_count_bytes() returns trigger
      language plpgsql security definer set search_path = ${schema}, pg_temp as $$
      declare change bigint := 0;
      begin
        if tg_op = 'TRUNCATE' then
          delete from gorunner_stored_bytes;
          return null;
        end if;
        if tg_op <> 'DELETE' then select coalesce(${bytesOf("new_rows")}, 0) into change from new_rows; end if;
        if tg_op <> 'INSERT' then select change - coalesce(${bytesOf("old_rows")}, 0) into change from old_rows; end if;
        if change <> 0 then
          insert into gorunner_stored_bytes as counter (slot, bytes) values (pg_backend_pid() % ${counters}, change)
            on conflict (slot) do update set bytes = counter.bytes + excluded.bytes;
        end if;
        return null;
      end $$`);
    for (const [event, rows] of Object.entries(triggers)) {
      await client.query(`create trigger gorunner_count_${event} after ${event} on shared_codes ${rows}
        for each statement execute function ${schema}.gorunner_count_bytes()`);
    }
  },

  /** Nothing is lost: up counts anew. */
  async down(client: SqlClient): Promise<void> {
    for (const event of Object.keys(triggers)) await client.query(`drop trigger gorunner_count_${event} on shared_codes`);
    await client.query("drop function gorunner_count_bytes()");
    await client.query("drop table gorunner_stored_bytes");
  },
};

/** More than the connections that change something at a time, as a rule. */
const counters = 32;

/** A trigger that sees the rows of a statement is for one kind of statement. */
const triggers = {
  insert: "referencing new table as new_rows",
  delete: "referencing old table as old_rows",
  update: "referencing old table as old_rows new table as new_rows",
  truncate: "",
};
