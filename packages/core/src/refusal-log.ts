import type { Logger } from "./ports/logger.js";

const quietMs = 10_000;

/** Logs what a transport refuses because of a bound: one line for each reason in ten seconds, however many are refused. */
export class RefusalLog {
  readonly #logger: Logger;
  readonly #transport: string;
  readonly #reasons = new Map<string, { loggedAtMs: number; unlogged: number }>();

  constructor(logger: Logger, transport: string) {
    this.#logger = logger;
    this.#transport = transport;
  }

  /** @param reason one of a few fixed texts */
  refused(reason: string): void {
    const seen = this.#reasons.get(reason);
    const nowMs = Date.now();
    // A clock that was put back does not silence the log.
    if (seen !== undefined && Math.abs(nowMs - seen.loggedAtMs) < quietMs) {
      seen.unlogged++;
      return;
    }
    this.#logger.warn("refused because of a bound", { transport: this.#transport, reason, times: (seen?.unlogged ?? 0) + 1 });
    this.#reasons.set(reason, { loggedAtMs: nowMs, unlogged: 0 });
  }
}
