import { invalidArgument } from "@gorunner/core";
import type Libsql from "libsql";
import { type Applied, ledgerTable, newestStep, pendingSteps, refuseToDropRows, statusOf } from "../migrations/ledger.js";
import type { MigrationStatus, Migrations } from "../store.js";
import type { SqliteDatabase } from "./sqlite-database.js";

interface Step {
  name: string;
  up(connection: Libsql.Database): void;
  down(connection: Libsql.Database, options: { dropData: boolean }): void;
}

/** Every step, oldest first. A step that was released is never changed: add one. */
const steps: readonly Step[] = [
  {
    name: "0001-shared-codes",
    up(connection) {
      if (hasTable(connection, "shared_codes")) throw invalidArgument("the SQLite file has a table shared_codes that Runner did not make");
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
      if (!dropData && connection.prepare("select 1 from shared_codes limit 1").get() !== undefined) throw refuseToDropRows("shared_codes");
      connection.exec("drop table shared_codes");
    },
  },
];

export class SqliteMigrations implements Migrations {
  readonly #database: SqliteDatabase;

  constructor(database: SqliteDatabase) {
    this.#database = database;
  }

  up(): Promise<string[]> {
    return this.#database.transaction((connection) => {
      connection.exec(`create table if not exists ${ledgerTable} (name text primary key, applied_at integer not null)`);
      const pending = pendingSteps(steps, appliedIn(connection));
      for (const step of pending) {
        step.up(connection);
        connection.prepare(`insert into ${ledgerTable} (name, applied_at) values (?, ?)`).run(step.name, Date.now());
      }
      return pending.map(({ name }) => name);
    });
  }

  down(options: { dropData: boolean }): Promise<string | undefined> {
    return this.#database.transaction((connection) => {
      const newest = newestStep(steps, appliedIn(connection));
      if (newest === undefined) return undefined;
      newest.down(connection, options);
      connection.prepare(`delete from ${ledgerTable} where name = ?`).run(newest.name);
      return newest.name;
    });
  }

  status(): Promise<MigrationStatus[]> {
    return this.#database.read((connection) => statusOf(steps, appliedIn(connection)));
  }
}

function appliedIn(connection: Libsql.Database): Applied[] {
  if (!hasTable(connection, ledgerTable)) return [];
  const rows = connection.prepare(`select name, applied_at from ${ledgerTable} order by name`).all() as {
    name: string;
    applied_at: bigint;
  }[];
  return rows.map((row) => ({ name: row.name, appliedAt: new Date(Number(row.applied_at)) }));
}

const hasTable = (connection: Libsql.Database, name: string) =>
  connection.prepare("select 1 from sqlite_master where name = ?").get(name) !== undefined;
