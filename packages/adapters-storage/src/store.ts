import type { SnippetRepo } from "@gorunner/core";

/** Everything a server needs of one place where snippets are kept. */
export interface SnippetStore {
  readonly repo: SnippetRepo;
  readonly migrations: Migrations;
  /** @throws RunnerError UNAVAILABLE, with the reason, when the store can't be reached or lacks a migration. */
  check(): Promise<void>;
  /** Where it is, for logs: never with a password. */
  describe(): string;
  /** Releases everything, within about a second, whether the store answers or not. Calls under way may fail. */
  close(): Promise<void>;
}

/**
 * Brings a database to the schema that this version of Runner works on, and back.
 *
 * Safe to call twice and by several processes at once: one does the work, the others wait for it.
 * A database that can't be used as it is (a newer schema, a table of another shape, a column that is gone, rights that we lack)
 * is INVALID_ARGUMENT, never altered.
 */
export interface Migrations {
  /**
   * Applies what is missing, all or nothing. May take as long as a large table does; aborting `signal` ends it at once.
   * @returns the names of what this call applied, oldest first.
   * @throws RunnerError UNAVAILABLE when the store can't be reached, somebody holds a lock on it, or `signal` was aborted.
   */
  up(options?: { signal?: AbortSignal }): Promise<string[]>;
  /**
   * Undoes the newest step.
   * @returns its name; undefined when there was none.
   * @throws RunnerError INVALID_ARGUMENT when that would drop a table that holds rows, unless `dropData`.
   */
  down(options: { dropData: boolean }): Promise<string | undefined>;
  /**
   * Whether this version may work on the database, whatever it lacks: for who starts without {@link up}. A server that
   * runs while a newer version migrates goes on, as steps leave alone what older versions work on.
   * @throws RunnerError INVALID_ARGUMENT when the database is newer than this version.
   */
  checkVersion(): Promise<void>;
  /** Every step that this version knows and every one that the database has, in order; those not applied have no date. */
  status(): Promise<MigrationStatus[]>;
}

export interface MigrationStatus {
  name: string;
  appliedAt?: Date;
}
