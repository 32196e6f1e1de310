/** Measuring what is stored, now and then, so that metrics and log tell of it on a server that nobody shares on, too. */
import { type Logger, RunnerError, type StoreQuota } from "@gorunner/core";
import { pause } from "./pause.js";

export interface StoreMeasuring {
  quota: Pick<StoreQuota, "measure">;
  logger: Logger;
  signal: AbortSignal;
  everyMs?: number;
}

/** Resolves when the signal has been aborted. That a store is away is told by those who need it. */
export async function measureNowAndThen({ quota, logger, signal, everyMs = 60_000 }: StoreMeasuring): Promise<void> {
  while (!signal.aborted) {
    try {
      await quota.measure();
    } catch (error) {
      if (error instanceof RunnerError && error.code === "UNAVAILABLE") logger.debug("the store can't be measured now", { err: error });
      else logger.error("the store can't be measured", { err: error });
    }
    await pause(everyMs, signal);
  }
}
