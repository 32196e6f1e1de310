import type { Logger } from "@gorunner/core";

/**
 * Keeps requests away from a Redis that answers slowly or not, until it answers fast again. That it does is tried in the
 * background, on nobody's time.
 *
 * The circuit breakers on npm count failures, and let every so many requests try; what counts here is what an answer
 * costs, on average.
 */
export class SlownessBreaker {
  readonly #ping: () => Promise<unknown>;
  readonly #logger: Logger;
  readonly #now: () => number;
  #meanMs = 0;
  #isTold = false;
  #lastSampleMs = Number.NEGATIVE_INFINITY;
  #probe: NodeJS.Timeout | undefined;

  constructor(options: { ping: () => Promise<unknown>; logger: Logger; now: () => number }) {
    this.#ping = options.ping;
    this.#logger = options.logger;
    this.#now = options.now;
  }

  get isOpen(): boolean {
    return this.#probe !== undefined;
  }

  /** An answer took `tookMs`. */
  sample(tookMs: number): void {
    const now = this.#now();
    // When this process itself is held up, all answers of that moment are late together: they count once.
    if (this.isOpen || now - this.#lastSampleMs < momentMs) return;
    this.#lastSampleMs = now;
    this.#meanMs += (Math.min(tookMs, longestSampleMs) - this.#meanMs) / memory;
    if (this.#meanMs <= slowMs) return;
    this.#logger.warn("Redis is slow; it is not asked until it is fast again", { meanMs: Math.round(this.#meanMs) });
    this.#isTold = true;
    this.trip();
  }

  /** A request failed, of which the log has been told. */
  trip(): void {
    if (!this.isOpen) this.#probeLater(neededProbes);
  }

  close(): void {
    clearTimeout(this.#probe);
    this.#probe = undefined;
  }

  #probeLater(left: number): void {
    this.#probe = setTimeout(() => void this.#tryIt(left), probeEveryMs).unref();
  }

  async #tryIt(left: number): Promise<void> {
    const begun = this.#now();
    const isFast = await this.#ping().then(
      () => this.#now() - begun < slowMs,
      () => false,
    );
    // Closed for good meanwhile.
    if (!this.isOpen) return;
    if (!isFast) return this.#probeLater(neededProbes);
    if (left > 1) return this.#probeLater(left - 1);
    this.#meanMs = 0;
    this.#probe = undefined;
    if (this.#isTold) this.#logger.info("Redis is fast again");
    this.#isTold = false;
  }
}

const slowMs = 20;
/** Of the mean, in answers. */
const memory = 8;
/** More than this says no more: one hitch, of whoever it was, is no sickness; two in a row are. */
const longestSampleMs = 100;
const momentMs = 2;
const probeEveryMs = 100;
const neededProbes = 3;
