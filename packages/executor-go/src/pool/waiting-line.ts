/** Those who wait for their turn: so many at once, so many of one caller, each for so long. */
import { type CancelSignal, cancellationOf, RunnerError } from "@gorunner/core";
import { FairQueue } from "./fair-queue.js";

export interface WaitingLineOptions {
  max: number;
  maxOfCaller: number;
  timeoutMs: number;
  /** Those whose turn comes with the next so many places wait for `longestMs` beyond `timeoutMs`; 0: nobody does. */
  places: number;
  longestMs: number;
  /** What waits, for messages. */
  what: string;
}

interface Waiting {
  start(): void;
}

export class WaitingLine {
  readonly #options: WaitingLineOptions;
  readonly #queue = new FairQueue<Waiting>();

  constructor(options: WaitingLineOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#queue.size;
  }

  /**
   * Resolves when its turn has come, at which `onStart` is called at once.
   * @throws RunnerError RESOURCE_EXHAUSTED (the line is full, or it waited too long), or the cancellation of `signal`.
   */
  async join({ signal, caller }: { signal: CancelSignal | undefined; caller: string }, onStart: () => void): Promise<void> {
    const { max, maxOfCaller, timeoutMs, places, longestMs, what } = this.#options;
    if (this.size >= max) throw exhausted(what, `the queue is full (${max} waiting)`, timeoutMs);
    if (this.#queue.sizeOf(caller) >= maxOfCaller) throw exhausted(what, `${maxOfCaller} of this caller are waiting`, timeoutMs);
    await new Promise<void>((resolve, reject) => {
      const settle = (done: () => void) => {
        this.#queue.delete(caller, entry);
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
        done();
      };
      const start = () => {
        onStart();
        settle(resolve);
      };
      const entry: Waiting = { start };
      const refuseAfter = (ms: number) => settle(() => reject(exhausted(what, `waited ${ms} ms for a free place`, timeoutMs)));
      let timer = setTimeout(() => {
        if (longestMs === 0 || !this.#queue.isAmongNext(caller, entry, places)) return refuseAfter(timeoutMs);
        timer = setTimeout(() => refuseAfter(timeoutMs + longestMs), longestMs);
      }, timeoutMs);
      const onAbort = () => {
        if (signal !== undefined) settle(() => reject(cancellationOf(signal)));
      };
      signal?.addEventListener("abort", onAbort);
      this.#queue.add(caller, entry);
    });
  }

  /** @returns whether there was one whose caller may. */
  startNext(may: (caller: string) => boolean): boolean {
    const next = this.#queue.next(may);
    next?.start();
    return next !== undefined;
  }
}

export const exhausted = (what: string, why: string, retryAfterMs: number) =>
  new RunnerError("RESOURCE_EXHAUSTED", `too many ${what}: ${why}`, { retryAfterMs });
