import type { Logger } from "@gorunner/core";

/**
 * Keeps requests away from a Redis that answers too late or not, until it answers in time again. That it does is tried in
 * the background, on nobody's time.
 *
 * The circuit breakers on npm count failures, and let every so many requests try; what counts here is how much of the time
 * waiting for Redis is in vain.
 */
export class SlownessBreaker {
  readonly #probe: () => Promise<boolean>;
  readonly #logger: Logger;
  readonly #now: () => number;
  /** The share of late answers, of late. */
  #lateness = 0;
  #isTold = false;
  #lastSampleMs = Number.NEGATIVE_INFINITY;
  #nextProbe: NodeJS.Timeout | undefined;

  /** @param options.probe asks Redis, and whether it answered in time. */
  constructor(options: { probe: () => Promise<boolean>; logger: Logger; now: () => number }) {
    this.#probe = options.probe;
    this.#logger = options.logger;
    this.#now = options.now;
  }

  get isOpen(): boolean {
    return this.#nextProbe !== undefined;
  }

  /** A request was answered, or has given up waiting. */
  sample(answer: "in time" | "late"): void {
    const now = this.#now();
    // One hitch, of whoever it was, makes all answers of a moment late: they count once.
    if (this.isOpen || now - this.#lastSampleMs < momentMs) return;
    this.#lastSampleMs = now;
    this.#lateness += ((answer === "late" ? 1 : 0) - this.#lateness) / memory;
    if (this.#lateness <= mostLateness) return;
    this.#logger.warn("Redis is slow; it is not asked until it is fast again");
    this.#isTold = true;
    this.trip();
  }

  /** A request failed, of which the log has been told. */
  trip(): void {
    if (!this.isOpen) this.#probeLater(neededProbes);
  }

  close(): void {
    clearTimeout(this.#nextProbe);
    this.#nextProbe = undefined;
  }

  #probeLater(left: number): void {
    this.#nextProbe = setTimeout(() => void this.#tryIt(left), probeEveryMs).unref();
  }

  async #tryIt(left: number): Promise<void> {
    const isFast = await this.#probe();
    // Closed for good meanwhile.
    if (!this.isOpen) return;
    if (!isFast) return this.#probeLater(neededProbes);
    if (left > 1) return this.#probeLater(left - 1);
    this.#lateness = 0;
    this.#nextProbe = undefined;
    if (this.#isTold) this.#logger.info("Redis is fast again");
    this.#isTold = false;
  }
}

const mostLateness = 0.5;
/**
 * Of the share, in answers: some twenty late ones in a row make it too large. No hurry, as each costs a request little, and on
 * a busy machine many are late for a moment, of a Redis that is well.
 */
const memory = 32;
const momentMs = 10;
const probeEveryMs = 100;
const neededProbes = 3;
