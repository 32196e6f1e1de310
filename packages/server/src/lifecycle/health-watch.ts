/** Keeps the health service true to the readiness, and tells the log when that changes. */
import type { Logger } from "@gorunner/core";
import type { ReadyState } from "./readiness.js";

export interface HealthWatchParts {
  readiness: { check(): Promise<ReadyState> };
  grpcServer: { setServing(serving: boolean): void };
  logger: Logger;
  everyMs?: number;
}

export class HealthWatch {
  readonly #parts: HealthWatchParts;
  readonly #timer: NodeJS.Timeout;
  #told: string | undefined;
  #stopped = false;

  constructor(parts: HealthWatchParts) {
    this.#parts = parts;
    this.#timer = setInterval(() => void this.look(), parts.everyMs ?? 1000);
    this.#timer.unref();
  }

  /** Looks now, and not only when it is time to. */
  async look(): Promise<void> {
    const { readiness, grpcServer, logger } = this.#parts;
    const state = await readiness.check();
    const tell = state.ready ? "ready" : `not ready: ${state.reason}`;
    if (this.#stopped || tell === this.#told) return;
    this.#told = tell;
    grpcServer.setServing(state.ready);
    logger.info(tell);
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
  }
}
