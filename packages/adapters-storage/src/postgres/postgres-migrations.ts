import { invalidArgument, unavailable } from "@gorunner/core";
import { bareError, codeOf } from "../failure.js";
import { type Applied, checkNoneNewer, ledgerTable, newestStep, pendingSteps, statusOf } from "../migrations/ledger.js";
import type { MigrationStatus, Migrations } from "../store.js";
import { keysAndDeletionsStep } from "./keys-and-deletions-step.js";
import type { PostgresDatabase } from "./postgres-database.js";
import { notMigrated } from "./postgres-errors.js";
import { accessProblems, schemaProblems, writeProblems } from "./schema-check.js";
import { sharedCodesStep } from "./shared-codes-step.js";
import type { SqlClient } from "./sql-client.js";
import { storedBytesStep } from "./stored-bytes-step.js";

/** Every step, oldest first. A step that was released is never changed: add one. */
const steps = [sharedCodesStep, keysAndDeletionsStep, storedBytesStep];

/** The letters "gorunner" as a number: one lock for all processes that migrate this database. */
const migrationLock = "0x676f72756e6e6572";

export class PostgresMigrations implements Migrations {
  readonly #database: PostgresDatabase;

  constructor(database: PostgresDatabase) {
    this.#database = database;
  }

  up(options: { signal?: AbortSignal } = {}): Promise<string[]> {
    return this.#database.transaction(async (client) => {
      await lock(client);
      const pending = pendingSteps(steps, await appliedIn(client));
      // A user without the right to make tables may still work on a database that somebody else has migrated.
      if (pending.length > 0) await apply(pending, client);
      const problems = await schemaProblems(client);
      if (problems.length > 0) throw invalidArgument(`the database can't be used: ${problems.join(", ")}`);
      return pending.map(({ name }) => name);
    }, options);
  }

  down(options: { dropData: boolean }): Promise<string | undefined> {
    return this.#database.transaction(async (client) => {
      await lock(client);
      const newest = newestStep(steps, await appliedIn(client));
      if (newest === undefined) return undefined;
      await newest.down(client, options);
      await client.query(`delete from ${ledgerTable} where name = $1`, [newest.name]);
      return newest.name;
    });
  }

  async checkVersion(): Promise<void> {
    checkNoneNewer(steps, await appliedIn(this.#client()));
  }

  async status(): Promise<MigrationStatus[]> {
    return statusOf(steps, await appliedIn(this.#client()));
  }

  /** @throws RunnerError UNAVAILABLE that says what keeps the database from being worked on. */
  async check(): Promise<void> {
    const client = this.#client();
    const problems = await accessProblems(client);
    if (problems.length === 0) {
      const isMigrated = statusOf(steps, await appliedIn(client)).every(({ appliedAt }) => appliedAt !== undefined);
      problems.push(...(isMigrated ? await schemaProblems(client) : [notMigrated]), ...(await writeProblems(client)));
    }
    if (problems.length > 0) throw unavailable(`the PostgreSQL store is unavailable (${problems.join(", ")})`);
  }

  /** For one call: all that is asked with it has to be answered in the time of one. */
  #client(): SqlClient {
    const deadline = this.#database.deadline();
    return {
      query: async (text) => ({ rows: await this.#database.query({ name: "", text, values: [], isRepeatable: true }, deadline) }),
    };
  }
}

async function apply(pending: typeof steps, client: SqlClient): Promise<void> {
  try {
    await client.query(`create table if not exists ${ledgerTable} (name text primary key, applied_at timestamptz not null default now())`);
    for (const step of pending) {
      await step.up(client);
      await client.query(`insert into ${ledgerTable} (name) values ($1)`, [step.name]);
    }
  } catch (failure) {
    if (codeOf(failure) === "42501") {
      const advice = "let its owner run gorunner migrate up, and start with --no-migrate";
      throw invalidArgument(`the database's user has no right to migrate it (permission denied); ${advice}`, bareError(failure));
    }
    // The server refuses the step itself (its manual, appendix A); no later try ends otherwise. Its words name what is in the way.
    if (/^(0A|22|23|2B|3F|42)\w{3}$/.test(codeOf(failure) ?? ""))
      throw invalidArgument(`the database can't be migrated: ${wordsOf(failure)}`, bareError(failure));
    throw failure;
  }
}

function wordsOf(failure: unknown): string {
  if (!(failure instanceof Error)) return "unknown";
  return "detail" in failure && typeof failure.detail === "string" ? `${failure.message} (${failure.detail})` : failure.message;
}

/** Waits until no other process migrates this database; from then on a lock that a client holds is not waited for long. */
async function lock(client: SqlClient): Promise<void> {
  await client.query("set local statement_timeout = 0");
  await client.query("set local lock_timeout = '60s'");
  await client.query(`select pg_advisory_xact_lock(${BigInt(migrationLock)})`);
  await client.query("set local lock_timeout = '10s'");
}

/** @throws RunnerError INVALID_ARGUMENT when it can't be read. */
async function appliedIn(client: SqlClient): Promise<Applied[]> {
  const problems = await accessProblems(client);
  if (problems.length > 0) throw invalidArgument(`the database can't be used: ${problems.join(", ")}`);
  const { rows } = await client.query(`select to_regclass('${ledgerTable}') is not null as exists`);
  if (rows[0]?.["exists"] !== true) return [];
  const ledger = await client.query(
    `select name, extract(epoch from applied_at)::float8 * 1000 as applied_ms from ${ledgerTable} order by name`,
  );
  return ledger.rows.map((row) => ({ name: String(row["name"]), appliedAt: new Date(Number(row["applied_ms"])) }));
}
