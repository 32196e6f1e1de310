/** Who runs when: at most so many at once, and a bounded queue behind them that is fair between callers. */
import { type CancelSignal, cancellationOf, RunnerError, throwIfCancelled, unavailable } from "@gorunner/core";
import { FairQueue } from "./fair-queue.js";

export interface AdmissionOptions {
  /** How many run at once; at least 1. */
  concurrency: number;
  /**
   * How many more run at once, each for a caller of whom nothing runs, while all places are taken: so that nobody has to
   * wait for what somebody else runs for long. Default 0.
   */
  guests?: number;
  /** How many may wait; 0: none. */
  queue: number;
  /** How long one may wait, in milliseconds. */
  queueTimeoutMs: number;
  /**
   * How long one may hold its place, in milliseconds; default 0. The callers whose turn comes with the next places wait for
   * so long beyond `queueTimeoutMs`: a place that is held as long as it may be is no overload.
   */
  longestMs?: number;
  onChange?: (load: { queued: number; running: number }) => void;
}

export interface Turn {
  signal?: CancelSignal;
  /** Who asks; callers take turns. Absent: one caller without a name. */
  caller?: string;
}

interface Waiting {
  start(): void;
  refuse(error: RunnerError): void;
}

/** Also says when all is done, for a clean stop. */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #waiting = new FairQueue<Waiting>();
  readonly #idle: (() => void)[] = [];
  /** How many of each caller run; a caller of whom nothing does is not in it. */
  readonly #byCaller = new Map<string, number>();
  #running = 0;
  /** How many wait for something that has to be there before they can have a turn. */
  #preparing = 0;
  #closed = false;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** How many run now. */
  get running(): number {
    return this.#running;
  }

  /** How many wait for their turn. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Runs `work` when its turn has come.
   * @throws RunnerError RESOURCE_EXHAUSTED (queue full, or waited too long), UNAVAILABLE (draining), or the
   *   cancellation of `signal` while waiting; and whatever `work` throws.
   */
  async run<Result>(work: () => Promise<Result>, { signal, caller = "" }: Turn = {}): Promise<Result> {
    throwIfCancelled(signal);
    if (this.#closed) throw draining();
    return this.#takeTurn(work, { signal, caller });
  }

  /**
   * The same, once `ready` has come to its end: for what takes its time, such as compiling the standard library, and must
   * neither keep a place from others nor count as time in the queue. As many may wait for that as may run and queue.
   * @throws RunnerError RESOURCE_EXHAUSTED, UNAVAILABLE as `run`; and whatever `ready` and `work` throw.
   */
  async runWhen<Ready, Result>(
    ready: () => Promise<Ready>,
    work: (ready: Ready) => Promise<Result>,
    { signal, caller = "" }: Turn = {},
  ): Promise<Result> {
    throwIfCancelled(signal);
    if (this.#closed) throw draining();
    const { concurrency, queue, queueTimeoutMs } = this.#options;
    if (this.#preparing >= concurrency + queue) {
      throw exhausted(`${this.#preparing} wait for what is being prepared`, queueTimeoutMs);
    }
    this.#preparing++;
    this.#changed();
    let prepared: Ready;
    try {
      prepared = await ready();
    } catch (error) {
      this.#preparing--;
      this.#changed();
      this.#tellIfIdle();
      throw error;
    }
    this.#preparing--;
    // In the same breath: whoever drains must not find nobody.
    return this.#takeTurn(() => work(prepared), { signal, caller });
  }

  /** Refuses what is new from now on; resolves when what was accepted, also into the queue, has ended. */
  async drain(): Promise<void> {
    this.#closed = true;
    if (!this.#isIdle) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  get #isIdle(): boolean {
    return this.#running === 0 && this.#waiting.size === 0 && this.#preparing === 0;
  }

  async #takeTurn<Result>(
    work: () => Promise<Result>,
    { signal, caller }: { signal: CancelSignal | undefined; caller: string },
  ): Promise<Result> {
    if (this.#mayRun(caller)) this.#enter(caller);
    else await this.#wait(signal, caller);
    this.#changed();
    try {
      return await work();
    } finally {
      this.#leave(caller);
    }
  }

  #mayRun(caller: string): boolean {
    const { concurrency, guests = 0 } = this.#options;
    return this.#running < (this.#byCaller.has(caller) ? concurrency : concurrency + guests);
  }

  #enter(caller: string): void {
    this.#running++;
    this.#byCaller.set(caller, (this.#byCaller.get(caller) ?? 0) + 1);
  }

  /** Hands the place of the one that leaves to the first that waits and may have it; one behind it may be a guest besides. */
  #leave(caller: string): void {
    this.#running--;
    const others = (this.#byCaller.get(caller) ?? 0) - 1;
    if (others > 0) this.#byCaller.set(caller, others);
    else this.#byCaller.delete(caller);
    for (let next = this.#nextWaiting(); next !== undefined; next = this.#nextWaiting()) next.start();
    this.#changed();
    this.#tellIfIdle();
  }

  #tellIfIdle(): void {
    if (this.#isIdle) for (const resolve of this.#idle.splice(0)) resolve();
  }

  #nextWaiting(): Waiting | undefined {
    return this.#waiting.next((caller) => this.#mayRun(caller));
  }

  #wait(signal: CancelSignal | undefined, caller: string): Promise<void> {
    const { concurrency, queue, queueTimeoutMs, longestMs = 0 } = this.#options;
    if (this.#waiting.size >= queue) throw exhausted(`the queue is full (${queue} waiting)`, queueTimeoutMs);
    return new Promise<void>((resolve, reject) => {
      const settle = (done: () => void) => {
        this.#waiting.delete(caller, entry);
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
        this.#changed();
        done();
      };
      const start = () => {
        this.#enter(caller);
        settle(resolve);
      };
      const entry: Waiting = { start, refuse: (error) => settle(() => reject(error)) };
      const refuseAfter = (ms: number) => entry.refuse(exhausted(`waited ${ms} ms for a free place`, queueTimeoutMs));
      let timer = setTimeout(() => {
        if (longestMs === 0 || !this.#waiting.isAmongNext(caller, entry, concurrency)) return refuseAfter(queueTimeoutMs);
        timer = setTimeout(() => refuseAfter(queueTimeoutMs + longestMs), longestMs);
      }, queueTimeoutMs);
      const onAbort = () => {
        if (signal !== undefined) entry.refuse(cancellationOf(signal));
      };
      signal?.addEventListener("abort", onAbort);
      this.#waiting.add(caller, entry);
      this.#changed();
    });
  }

  #changed(): void {
    this.#options.onChange?.({ queued: this.#waiting.size + this.#preparing, running: this.#running });
  }
}

const draining = () => unavailable("the server is shutting down");

const exhausted = (why: string, retryAfterMs: number) =>
  new RunnerError("RESOURCE_EXHAUSTED", `too many executions: ${why}`, { retryAfterMs });
