/** Removing expired snippets, now and then, for as long as the server runs. */
import type { ExpireSnippets } from "@gorunner/core";
import { type Logger, RunnerError } from "@gorunner/core";
import { pause } from "./pause.js";

export interface ExpiryRun {
  expireSnippets: Pick<ExpireSnippets, "execute">;
  logger: Logger;
  signal: AbortSignal;
  everyMs?: number;
}

/** Resolves when the signal has been aborted. A store that is away is somebody else's news: it is tried again later. */
export async function expireNowAndThen({ expireSnippets, logger, signal, everyMs = 60_000 }: ExpiryRun): Promise<void> {
  for (;;) {
    await pause(everyMs, signal);
    try {
      while (!signal.aborted && (await expireSnippets.execute()));
    } catch (error) {
      if (error instanceof RunnerError && error.code === "UNAVAILABLE") logger.debug("expired snippets stay for now", { err: error });
      else logger.error("expired snippets can't be removed", { err: error });
    }
    if (signal.aborted) return;
  }
}
