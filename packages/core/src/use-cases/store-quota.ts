import { size } from "../domain/report.js";
import { RunnerError } from "../errors.js";
import type { Logger } from "../ports/logger.js";
import type { Metrics } from "../ports/metrics.js";
import type { SnippetRepo } from "../ports/snippet-repo.js";

export interface StoreLimits {
  /** What all snippets may take together; see {@link storedSizeOf}. */
  quotaBytes: number;
  /** What one of them may: its output and error are cut to that. More than the largest code. */
  snippetBytes: number;
}

export const defaultStoreLimits: StoreLimits = { quotaBytes: 10 * 2 ** 30, snippetBytes: 2 * 2 ** 20 };

/**
 * Whether there is room in the store for one more snippet.
 *
 * Saves that are under way in this process are counted, those of other servers not before they have ended: what is stored
 * exceeds the quota by at most what the other servers save in that moment.
 */
export class StoreQuota {
  readonly #snippets: Pick<SnippetRepo, "storedBytes">;
  readonly #metrics: Pick<Metrics, "storeMeasured">;
  readonly #logger: Logger;
  readonly #quotaBytes: number;
  #savingBytes = 0;
  #isWarned = false;

  constructor(parts: {
    snippets: Pick<SnippetRepo, "storedBytes">;
    metrics: Pick<Metrics, "storeMeasured">;
    logger: Logger;
    quotaBytes: number;
  }) {
    this.#snippets = parts.snippets;
    this.#metrics = parts.metrics;
    this.#logger = parts.logger;
    this.#quotaBytes = parts.quotaBytes;
  }

  /**
   * Looks whether there is room at all, before work is done for a snippet.
   * @throws RunnerError RESOURCE_EXHAUSTED when there is none; UNAVAILABLE.
   */
  async check(): Promise<void> {
    if ((await this.measure()) + this.#savingBytes >= this.#quotaBytes) throw this.#full();
  }

  /**
   * Does `save`, which stores so many bytes, if there is room for them.
   * @throws RunnerError RESOURCE_EXHAUSTED when there is none; UNAVAILABLE; whatever `save` does.
   */
  async saving<Result>(bytes: number, save: () => Promise<Result>): Promise<Result> {
    this.#savingBytes += bytes;
    try {
      if ((await this.measure()) + this.#savingBytes > this.#quotaBytes) throw this.#full();
      return await save();
    } finally {
      this.#savingBytes -= bytes;
    }
  }

  /** Tells metrics and log how full the store is. @returns the bytes stored. @throws RunnerError UNAVAILABLE. */
  async measure(): Promise<number> {
    const bytes = await this.#snippets.storedBytes();
    this.#metrics.storeMeasured({ bytes, quotaBytes: this.#quotaBytes });
    const isNearlyFull = bytes >= this.#quotaBytes * warnedShare;
    if (isNearlyFull && !this.#isWarned)
      this.#logger.warn("the store is nearly full: raise store.quota, or delete snippets", { bytes, quotaBytes: this.#quotaBytes });
    this.#isWarned = isNearlyFull;
    return bytes;
  }

  #full(): RunnerError {
    const message = `the store is full (its quota is ${size(this.#quotaBytes)}): an operator has to raise store.quota or to delete snippets`;
    return new RunnerError("RESOURCE_EXHAUSTED", message, { retryAfterMs });
  }
}

const warnedShare = 0.8;

/** It takes a person to make room. */
const retryAfterMs = 60_000;
