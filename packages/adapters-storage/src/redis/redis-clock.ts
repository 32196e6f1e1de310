/**
 * Redis' own clock, by which tombstones end: the time that Redis told last, and what has passed here since. It is never ahead of
 * the real one, as what arrives was so before.
 */
export class RedisClock {
  readonly #now: () => number;
  #told: { redisMs: number; atMs: number } | undefined;

  /** @param now a clock in milliseconds that never goes back. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Redis has just told its time. */
  hear(redisMs: number): void {
    this.#told = { redisMs, atMs: this.#now() };
  }

  /** Another connection may lead to another Redis. */
  forget(): void {
    this.#told = undefined;
  }

  /** In milliseconds since 1970; undefined where Redis has told nothing for so long that both clocks may have parted. */
  get nowMs(): number | undefined {
    if (this.#told === undefined) return undefined;
    const passedMs = this.#now() - this.#told.atMs;
    return passedMs > longestTrustMs ? undefined : this.#told.redisMs + passedMs;
  }
}

/** Clocks that run well part by less than a millisecond in a second. */
const longestTrustMs = 60_000;
