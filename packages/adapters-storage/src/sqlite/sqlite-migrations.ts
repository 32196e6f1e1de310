import { invalidArgument, unavailable } from "@gorunner/core";
import type Libsql from "libsql";
import { type Applied, checkNoneNewer, ledgerTable, newestStep, pendingSteps, statusOf } from "../migrations/ledger.js";
import type { MigrationStatus, Migrations } from "../store.js";
import type { SqliteDatabase } from "./sqlite-database.js";
import { notMigrated } from "./sqlite-errors.js";
import { hasTable, steps } from "./sqlite-steps.js";

export class SqliteMigrations implements Migrations {
  readonly #database: SqliteDatabase;

  constructor(database: SqliteDatabase) {
    this.#database = database;
  }

  up(): Promise<string[]> {
    return this.#database.transaction((connection) => {
      const pending = pendingSteps(steps, appliedIn(connection));
      if (pending.length > 0)
        connection.exec(`create table if not exists ${ledgerTable} (name text primary key, applied_at integer not null)`);
      for (const step of pending) {
        step.up(connection);
        connection.prepare(`insert into ${ledgerTable} (name, applied_at) values (?, ?)`).run(step.name, Date.now());
      }
      const problems = schemaProblems(connection);
      if (problems.length > 0) throw invalidArgument(`the SQLite file can't be used: ${problems.join(", ")}`);
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

  checkVersion(): Promise<void> {
    return this.#database.read((connection) => checkNoneNewer(steps, appliedIn(connection)));
  }

  status(): Promise<MigrationStatus[]> {
    return this.#database.read((connection) => statusOf(steps, appliedIn(connection)));
  }

  /** @throws RunnerError UNAVAILABLE that says what keeps the file from being worked on. */
  check(): Promise<void> {
    return this.#database.read((connection) => {
      const isMigrated = statusOf(steps, appliedIn(connection)).every(({ appliedAt }) => appliedAt !== undefined);
      const problems = isMigrated ? schemaProblems(connection) : [notMigrated];
      if (problems.length > 0) throw unavailable(`the SQLite store is unavailable (${problems.join(", ")})`);
    });
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

const columns = {
  shared_codes: ["id", "code", "output", "error", "created_at", "key", "toolchain", "expires_at", "idempotency_key"],
  gorunner_deletions: ["seq", "snippet_id", "deleted_by", "deleted_at"],
  gorunner_stored_bytes: ["bytes"],
};

/** Columns that somebody took away. */
function schemaProblems(connection: Libsql.Database): string[] {
  return Object.entries(columns).flatMap(([table, needed]) => {
    const rows = connection.prepare("select name from pragma_table_info(?)").all(table) as { name: string }[];
    return needed.filter((column) => !rows.some(({ name }) => name === column)).map((column) => `table ${table} lacks column ${column}`);
  });
}
