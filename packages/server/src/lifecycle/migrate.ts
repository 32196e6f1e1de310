/**
 * Migration at start. A server that is started beside its database may be the faster of the two: while the database
 * can't be reached the server runs, says that it is not ready, and tries again.
 */
import type { Migrations } from "@gorunner/adapters-storage";
import { type Logger, RunnerError } from "@gorunner/core";
import { pause } from "./pause.js";

export interface MigrationRun {
  migrations: Pick<Migrations, "up">;
  logger: Logger;
  signal: AbortSignal;
  firstPauseMs?: number;
}

const longestPauseMs = 5000;

/** @returns whether the store could be reached. @throws RunnerError when its schema is not one that can be migrated. */
export async function migrateOnce({ migrations, logger }: Omit<MigrationRun, "signal">): Promise<boolean> {
  try {
    for (const name of await migrations.up()) logger.info("migrated the store", { migration: name });
    return true;
  } catch (error) {
    if (!(error instanceof RunnerError) || error.code !== "UNAVAILABLE") throw error;
    logger.debug("the store can't be reached", { err: error });
    return false;
  }
}

/** Resolves when the store has been migrated or the signal has been aborted. @throws as {@link migrateOnce}. */
export async function migrateWhenReachable(run: MigrationRun): Promise<void> {
  let pauseMs = run.firstPauseMs ?? 250;
  while (!run.signal.aborted) {
    await pause(pauseMs, run.signal);
    if (run.signal.aborted) return;
    if (await migrateOnce(run)) return run.logger.info("the store can be reached now");
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  }
}
