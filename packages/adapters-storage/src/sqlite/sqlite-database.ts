import { mkdirSync, type Stats, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { RunnerError, unavailable } from "@gorunner/core";
import Libsql from "libsql";
import { bareError, codeOf } from "../failure.js";
import { fromSqlite, isBusy, isFull } from "./sqlite-errors.js";

/**
 * One connection to one SQLite file, which is made with its directory when it is missing.
 *
 * One writer and many readers, of any number of processes: in WAL mode nobody who reads waits for who writes, and writers
 * take turns. Inside a process the driver is synchronous: one connection serves reads and writes one after the other, and
 * a statement blocks the process while it runs, a commit until it is on the disk. So we never let it wait for another
 * process's lock; we wait between attempts, with the event loop free.
 */
export class SqliteDatabase {
  readonly path: string;
  readonly #timeoutMs: number;
  readonly #connection: Libsql.Database;
  readonly #statements = new Map<string, Libsql.Statement>();
  readonly #file: Stats;
  #isOpen = true;

  private constructor(path: string, timeoutMs: number, connection: Libsql.Database) {
    this.path = path;
    this.#timeoutMs = timeoutMs;
    this.#connection = connection;
    this.#file = statSync(path);
  }

  /** @throws RunnerError UNAVAILABLE when the file can't be made or opened, or is no SQLite database. */
  static async open(options: { path: string; timeoutMs: number }): Promise<SqliteDatabase> {
    // Absolute, because the driver takes other names for addresses of remote databases.
    const path = resolve(options.path);
    try {
      // Whoever may not read the database has no business in its directory.
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      const connection = new Libsql(path, { timeout: busyTimeoutMs });
      connection.defaultSafeIntegers(true);
      await whenNotBusy(performance.now() + options.timeoutMs, () => {
        connection.pragma("journal_mode = WAL");
        // In WAL mode only FULL syncs at each commit.
        connection.pragma("synchronous = FULL");
      });
      return new SqliteDatabase(path, options.timeoutMs, connection);
    } catch (failure) {
      const reason = codeOf(failure) ?? (failure instanceof Error ? failure.message : "unknown");
      throw unavailable(`can't open the SQLite file ${path}: ${reason}`, bareError(failure));
    }
  }

  /** The row that the statement answers first; undefined if none. */
  first(sql: string, ...values: (SqliteValue | undefined)[]): Promise<SqliteRow | undefined> {
    return this.all(sql, ...values).then(([row]) => row);
  }

  /** Every row that the statement answers. */
  all(sql: string, ...values: (SqliteValue | undefined)[]): Promise<SqliteRow[]> {
    // Also where one row is expected: the driver's `get` leaves the statement at its first row, and what goes wrong in
    // ending it, which is when an insert is committed, it tells nobody.
    // Its statements answer unknown values; ours are of the types that SQLite has.
    return this.#run(() => this.#statement(sql).all(...values.map(orNull)) as SqliteRow[]);
  }

  /** How many rows the statement changed. */
  changes(sql: string, ...values: SqliteValue[]): Promise<number> {
    return this.#run(() => this.#statement(sql).run(...values).changes);
  }

  /** Runs `work`, which only reads and may not wait for anything. */
  read<Result>(work: (connection: Libsql.Database) => Result): Promise<Result> {
    return this.#run(() => work(this.#connection));
  }

  /** Runs `work`, which may not wait for anything, in a transaction that holds the write lock from its start. */
  transaction<Result>(work: (connection: Libsql.Database) => Result): Promise<Result> {
    return this.#run(() => {
      // Whoever is told that something was written may rely on it.
      this.checkFile();
      this.#connection.exec("begin immediate");
      try {
        const result = work(this.#connection);
        this.#connection.exec("commit");
        return result;
      } finally {
        // A full disk has rolled it back already.
        if (this.#connection.inTransaction) this.#connection.exec("rollback");
      }
    });
  }

  /** @throws RunnerError UNAVAILABLE when the file was removed or replaced under us: what is written then is lost. */
  checkFile(): void {
    const now = statSync(this.path, { throwIfNoEntry: false });
    if (now?.ino !== this.#file.ino || now.dev !== this.#file.dev)
      throw unavailable(`the SQLite file ${this.path} was removed or replaced`);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#statements.clear();
    try {
      // The driver keeps the file open until its statements are collected; what they wrote goes into the file now.
      this.#connection.pragma("wal_checkpoint(TRUNCATE)");
    } catch (failure) {
      // Another process is at work in it, and will do this when it ends; or the disk is full, and whoever opens the file next
      // does. Nothing is lost: the log is durable.
      if (!isBusy(failure) && !isFull(failure)) throw fromSqlite(failure);
    } finally {
      this.#connection.close();
    }
  }

  async #run<Result>(work: () => Result): Promise<Result> {
    const deadline = performance.now() + this.#timeoutMs * 0.95;
    try {
      return await whenNotBusy(deadline, () => {
        if (!this.#isOpen) throw unavailable("the SQLite store is closed");
        return work();
      });
    } catch (failure) {
      throw failure instanceof RunnerError ? failure : fromSqlite(failure);
    }
  }

  #statement(sql: string): Libsql.Statement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#connection.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

export type SqliteValue = string | bigint | number;
export type SqliteRow = Record<string, SqliteValue | null>;

const orNull = (value: SqliteValue | undefined) => value ?? null;

/** How long the driver itself may block us for a lock: enough for another process's insert. */
const busyTimeoutMs = 5;
const betweenAttemptsMs = 20;

async function whenNotBusy<Result>(deadline: number, work: () => Result): Promise<Result> {
  for (;;) {
    try {
      return work();
    } catch (failure) {
      if (!isBusy(failure) || performance.now() + betweenAttemptsMs > deadline) throw failure;
    }
    await new Promise((resolve) => setTimeout(resolve, betweenAttemptsMs * (0.5 + Math.random())));
  }
}
