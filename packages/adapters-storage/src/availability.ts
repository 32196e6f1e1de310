import type { Logger } from "@gorunner/core";

/** Whether a backend answers, told to the log when that changes and never in between. */
export class Availability {
  readonly #name: string;
  readonly #logger: Logger;
  #reason: string | undefined;

  constructor(name: string, logger: Logger) {
    this.#name = name;
    this.#logger = logger;
  }

  /** Why the backend is gone; undefined while it answers. */
  get reason(): string | undefined {
    return this.#reason;
  }

  lost(reason: string): void {
    if (this.#reason === undefined) this.#logger.warn(`${this.#name} is unavailable`, { reason });
    this.#reason = reason;
  }

  back(): void {
    if (this.#reason !== undefined) this.#logger.info(`${this.#name} is available again`);
    this.#reason = undefined;
  }
}
