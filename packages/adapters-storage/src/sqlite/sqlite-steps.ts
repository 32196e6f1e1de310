import { invalidArgument, snippetOverheadBytes } from "@gorunner/core";
import type Libsql from "libsql";
import { refuseToDropRows } from "../migrations/ledger.js";

export interface Step {
  name: string;
  up(connection: Libsql.Database): void;
  down(connection: Libsql.Database, options: { dropData: boolean }): void;
}

const sharedCodes: Step = {
  name: "0001-shared-codes",
  up(connection) {
    refuseStranger(connection, "shared_codes");
    // AUTOINCREMENT: the id of a deleted snippet is never given again.
    connection.exec(`create table shared_codes (
      id integer primary key autoincrement,
      code text not null,
      output text not null,
      error text not null,
      created_at integer not null -- milliseconds since 1970 in UTC
    )`);
  },
  down(connection, { dropData }) {
    if (!dropData) refuseToDrop(connection, "shared_codes");
    connection.exec("drop table shared_codes");
  },
};

/**
 * Rows that are there get a key of 64 random bits from SQLite's own generator, which takes its seed from the system. So
 * do rows that an older version of us inserts meanwhile.
 */
const keysAndDeletions: Step = {
  name: "0002-keys-and-deletions",
  up(connection) {
    refuseStranger(connection, "gorunner_deletions");
    connection.exec(`
      alter table shared_codes add column key text;
      alter table shared_codes add column toolchain text;
      alter table shared_codes add column expires_at integer; -- milliseconds since 1970 in UTC
      alter table shared_codes add column idempotency_key text;
      update shared_codes set key = ${randomKey};
      create unique index shared_codes_key on shared_codes (key);
      create unique index shared_codes_idempotency_key on shared_codes (idempotency_key) where idempotency_key is not null;
      create index shared_codes_expires_at on shared_codes (expires_at) where expires_at is not null;
      create trigger shared_codes_without_key after insert on shared_codes when new.key is null begin
        update shared_codes set key = ${randomKey} where id = new.id;
      end;
      create table gorunner_deletions (
        seq integer primary key autoincrement,
        snippet_id integer not null,
        deleted_by integer, -- a user; null for expiry
        deleted_at integer not null -- milliseconds since 1970 in UTC
      );
    `);
  },
  /** Rows stay; their keys go, and with them the links that were given out. */
  down(connection, { dropData }) {
    if (!dropData) for (const table of ["shared_codes", "gorunner_deletions"]) refuseToDrop(connection, table);
    connection.exec(`
      drop table gorunner_deletions;
      drop trigger shared_codes_without_key;
      drop index shared_codes_key;
      drop index shared_codes_idempotency_key;
      drop index shared_codes_expires_at;
      alter table shared_codes drop column key;
      alter table shared_codes drop column toolchain;
      alter table shared_codes drop column expires_at;
      alter table shared_codes drop column idempotency_key;
    `);
  },
};

const octetsOf = (row: string) => ["code", "output", "error"].map((column) => `coalesce(octet_length(${row}.${column}), 0)`).join(" + ");

/** How many bytes the snippets take, kept by triggers in the transaction of each change. */
const storedBytes: Step = {
  name: "0003-stored-bytes",
  up(connection) {
    refuseStranger(connection, "gorunner_stored_bytes");
    const change = (sign: "+" | "-", row: string) =>
      `update gorunner_stored_bytes set bytes = bytes ${sign} (${snippetOverheadBytes} + ${octetsOf(row)});`;
    connection.exec(`
      create table gorunner_stored_bytes (bytes integer not null);
      insert into gorunner_stored_bytes
        select coalesce(sum(${snippetOverheadBytes} + ${octetsOf("shared_codes")}), 0) from shared_codes;
      create trigger gorunner_count_insert after insert on shared_codes begin ${change("+", "new")} end;
      create trigger gorunner_count_delete after delete on shared_codes begin ${change("-", "old")} end;
      create trigger gorunner_count_update after update of code, output, error on shared_codes
        begin ${change("-", "old")} ${change("+", "new")} end;
    `);
  },
  /** Nothing is lost: up counts anew. */
  down(connection) {
    connection.exec(`
      drop trigger gorunner_count_insert;
      drop trigger gorunner_count_delete;
      drop trigger gorunner_count_update;
      drop table gorunner_stored_bytes;
    `);
  },
};

/** Sixteen characters, as every key has. */
const randomKey = "lower(hex(randomblob(8)))";

/** Every step, oldest first. A step that was released is never changed: add one. */
export const steps: readonly Step[] = [sharedCodes, keysAndDeletions, storedBytes];

export const hasTable = (connection: Libsql.Database, name: string) =>
  connection.prepare("select 1 from sqlite_master where name = ?").get(name) !== undefined;

function refuseStranger(connection: Libsql.Database, table: string): void {
  if (hasTable(connection, table)) throw invalidArgument(`the SQLite file has a table ${table} that Runner did not make`);
}

function refuseToDrop(connection: Libsql.Database, table: string): void {
  if (connection.prepare(`select 1 from ${table} limit 1`).get() !== undefined) throw refuseToDropRows(table);
}
