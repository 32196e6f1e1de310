/**
 * Migration at start. A server that is started beside its database may be the faster of the two: while the database
 * can't be reached the server runs, says that it is not ready, and tries again. So it does while a migration takes its time.
 */
import type { Migrations } from "@gorunner/adapters-storage";
import { type Logger, RunnerError } from "@gorunner/core";
import { pause } from "./pause.js";

export interface MigrationRun {
  migrations: Pick<Migrations, "up">;
  logger: Logger;
  signal: AbortSignal;
  firstPauseMs?: number;
  patienceMs?: number;
}

const longestPauseMs = 5000;

/** For who leaves the schema alone: a database that is newer than this version is refused all the same. */
export const withoutMigration = (migrations: Pick<Migrations, "checkVersion">): Pick<Migrations, "up"> => ({
  async up() {
    await migrations.checkVersion();
    return [];
  },
});

/**
 * Migrates, and waits for that, but not for long, and not for a store that can't be reached.
 * @returns what goes on in the background; it rejects as this does.
 * @throws RunnerError when the schema is not one that can be migrated.
 */
export async function migrateAtStart(run: MigrationRun): Promise<{ rest: Promise<void> }> {
  const first = migrateOnce(run);
  const rest = goOn(run, first);
  // Whoever takes it hears of it too.
  rest.catch(() => {});
  const over = new AbortController();
  const patience = pause(run.patienceMs ?? 2000, AbortSignal.any([over.signal, run.signal]));
  const isSlow = await Promise.race([first.then(() => false), patience.then(() => true)]).finally(() => over.abort());
  if (isSlow && !run.signal.aborted)
    run.logger.warn("the store's migration takes its time, or waits for somebody who holds a lock; not ready until it has ended");
  return { rest };
}

async function goOn(run: MigrationRun, first: Promise<RunnerError | undefined>): Promise<void> {
  let told: string | undefined;
  let pauseMs = run.firstPauseMs ?? 250;
  for (let failure = await first; failure !== undefined; failure = await migrateOnce(run)) {
    if (run.signal.aborted) return;
    const reason = failure.message;
    if (reason !== told) run.logger.warn("the store can't be used yet; trying again until it can", { reason });
    told = reason;
    await pause(pauseMs, run.signal);
    if (run.signal.aborted) return;
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  }
  if (told !== undefined) run.logger.info("the store can be used now");
}

/** @returns why the store could not be used for now. @throws RunnerError when its schema is not one that can be migrated. */
async function migrateOnce({ migrations, logger, signal }: MigrationRun): Promise<RunnerError | undefined> {
  try {
    for (const name of await migrations.up({ signal })) logger.info("migrated the store", { migration: name });
    return undefined;
  } catch (error) {
    if (!(error instanceof RunnerError) || error.code !== "UNAVAILABLE") throw error;
    logger.debug("the store can't be used", { err: error });
    return error;
  }
}
