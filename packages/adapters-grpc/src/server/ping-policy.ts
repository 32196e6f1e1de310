/** What the acknowledgement of a ping is on the wire, and that of settings. */
const acknowledgedBytes = 17 + 9;

/**
 * Whether a client sends too many pings.
 *
 * A ping is free when the server has sent something since the last one: clients measure their bandwidth by such pings. Of the
 * others a client has a few, and gets one more every ten seconds, the least interval that gRPC clients keep by themselves.
 */
export class PingPolicy {
  #left = burst;
  #countedAtMs: number;
  #sentBytes = 0;

  constructor(nowMs: number) {
    this.#countedAtMs = nowMs;
  }

  /** @param sentBytes what the server has sent on the connection so far. @returns whether that ping is one too many. */
  isTooMany({ nowMs, sentBytes }: { nowMs: number; sentBytes: number }): boolean {
    const isFree = sentBytes - this.#sentBytes > acknowledgedBytes;
    this.#sentBytes = sentBytes;
    const earned = Math.floor((nowMs - this.#countedAtMs) / intervalMs);
    this.#left = Math.min(burst, this.#left + earned);
    this.#countedAtMs += earned * intervalMs;
    if (!isFree) this.#left--;
    return this.#left < 0;
  }
}

const burst = 10;
/** A little less than ten seconds: clocks and timers differ. */
const intervalMs = 9000;
