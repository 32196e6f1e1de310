/** Who runs when: at most so many at once, and a bounded queue behind them that is fair between callers. */
import { type CancelSignal, throwIfCancelled, unavailable } from "@gorunner/core";
import { exhausted, WaitingLine } from "./waiting-line.js";

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
  /** How many of one caller run at once, and how many of one caller wait; absent: as many as of all. */
  perCaller?: { running: number; waiting: number };
  /** What is admitted, for messages; default `executions`. */
  what?: string;
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

/**
 * Gives a turn's place to others while `outside` lasts, and then waits for another turn, as its own caller's next.
 * @throws RunnerError whatever `outside` throws; RESOURCE_EXHAUSTED and the cancellation, as for a first turn.
 */
export type StepOut = (outside: () => Promise<void>) => Promise<{ waitedMs: number }>;

/** Also says when all is done, for a clean stop. */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #waiting: WaitingLine;
  readonly #idle: (() => void)[] = [];
  /** How many of each caller run; a caller of whom nothing does is not in it. */
  readonly #byCaller = new Map<string, number>();
  #running = 0;
  /** How many wait for something that has to be there before they can have a turn. */
  #preparing = 0;
  /** How many have stepped out of their turn. */
  #away = 0;
  #closed = false;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    const { concurrency, queue, queueTimeoutMs, longestMs = 0, perCaller, what = "executions" } = options;
    this.#waiting = new WaitingLine({
      ...{ max: queue, maxOfCaller: perCaller?.waiting ?? queue },
      ...{ timeoutMs: queueTimeoutMs, places: concurrency, longestMs },
      what,
    });
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
  async run<Result>(work: (stepOut: StepOut) => Promise<Result>, { signal, caller = "" }: Turn = {}): Promise<Result> {
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
    work: (ready: Ready, stepOut: StepOut) => Promise<Result>,
    { signal, caller = "" }: Turn = {},
  ): Promise<Result> {
    throwIfCancelled(signal);
    if (this.#closed) throw draining();
    const { concurrency, queue, queueTimeoutMs } = this.#options;
    if (this.#preparing >= concurrency + queue) {
      throw exhausted(this.#options.what ?? "executions", `${this.#preparing} wait for what is being prepared`, queueTimeoutMs);
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
    return this.#takeTurn((stepOut) => work(prepared, stepOut), { signal, caller });
  }

  /** Refuses what is new from now on; resolves when what was accepted, also into the queue, has ended. */
  async drain(): Promise<void> {
    this.#closed = true;
    if (!this.#isIdle) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  get #isIdle(): boolean {
    return this.#running === 0 && this.#waiting.size === 0 && this.#preparing === 0 && this.#away === 0;
  }

  async #takeTurn<Result>(
    work: (stepOut: StepOut) => Promise<Result>,
    turn: { signal: CancelSignal | undefined; caller: string },
  ): Promise<Result> {
    await this.#arrive(turn);
    let isIn = true;
    const stepOut: StepOut = async (outside) => {
      isIn = false;
      this.#away++;
      this.#leave(turn.caller);
      try {
        await outside();
        const start = performance.now();
        await this.#arrive(turn);
        isIn = true;
        return { waitedMs: performance.now() - start };
      } finally {
        this.#away--;
        this.#tellIfIdle();
      }
    };
    try {
      return await work(stepOut);
    } finally {
      if (isIn) this.#leave(turn.caller);
    }
  }

  async #arrive({ signal, caller }: { signal: CancelSignal | undefined; caller: string }): Promise<void> {
    throwIfCancelled(signal);
    if (this.#mayRun(caller)) this.#enter(caller);
    else {
      const turn = this.#waiting.join({ signal, caller }, () => this.#enter(caller));
      this.#changed();
      // Also of one that gives up.
      await turn.finally(() => this.#changed());
    }
    this.#changed();
  }

  #mayRun(caller: string): boolean {
    const { concurrency, guests = 0, perCaller } = this.#options;
    const own = this.#byCaller.get(caller) ?? 0;
    return this.#running < (own > 0 ? concurrency : concurrency + guests) && own < (perCaller?.running ?? Number.POSITIVE_INFINITY);
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
    while (this.#waiting.startNext((next) => this.#mayRun(next)));
    this.#changed();
    this.#tellIfIdle();
  }

  #tellIfIdle(): void {
    if (this.#isIdle) for (const resolve of this.#idle.splice(0)) resolve();
  }

  #changed(): void {
    this.#options.onChange?.({ queued: this.#waiting.size + this.#preparing, running: this.#running });
  }
}

const draining = () => unavailable("the server is shutting down");
