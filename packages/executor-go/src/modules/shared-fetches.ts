/**
 * Fetches under way, each for all who want the same. They have places of their own, few in all and fewer by caller, and a
 * bounded queue: what a proxy keeps waiting takes no place from executions, and one caller's none from other callers.
 */
import { type CancelSignal, cancellationOf } from "@gorunner/core";
import type { Admission, Turn } from "../pool/admission.js";
import { Cancellation } from "../pool/cancellation.js";

type Work<Result> = (signal: CancelSignal) => Promise<Result>;

/** One fetch. Each who wants it asks for a place for it, and the first place that comes is taken. */
class Flight<Result> {
  readonly result: Promise<Result>;
  waiting = 0;
  readonly #started = new AbortController();
  readonly #controller = new AbortController();
  #start: (work: Work<Result>) => void = () => {};

  constructor() {
    this.result = new Promise<Work<Result>>((resolve) => {
      this.#start = resolve;
    }).then((work) => work(this.#controller.signal));
    // Who waits hears of it; there may be nobody.
    this.result.catch(() => {});
  }

  get started(): AbortSignal {
    return this.#started.signal;
  }

  start(work: Work<Result>): void {
    if (this.started.aborted) return;
    this.#started.abort();
    this.#start(work);
  }

  cancel(reason: Error): void {
    this.#controller.abort(reason);
  }
}

export class SharedFetches<Result> {
  readonly #admission: Admission;
  readonly #flights = new Map<string, Flight<Result>>();

  constructor(admission: Admission) {
    this.#admission = admission;
  }

  /**
   * Joins the fetch under way for `key`, or starts it when it has a place. It is cancelled when the last who waits for it is.
   * @throws RunnerError RESOURCE_EXHAUSTED without a place; the cancellation of the turn's signal; whatever `work` throws.
   */
  async join(key: string, work: Work<Result>, turn: Turn): Promise<{ result: Result; waitedMs: number }> {
    const flight = this.#flights.get(key) ?? this.#open(key);
    flight.waiting++;
    using cancellation = new Cancellation([turn.signal]);
    const since = performance.now();
    let waitedMs = 0;
    try {
      await this.#place(flight, work, turn);
      waitedMs = performance.now() - since;
      return { result: await cancellation.race(flight.result), waitedMs };
    } finally {
      if (--flight.waiting === 0) await this.#leave(key, flight, turn.signal);
    }
  }

  #open(key: string): Flight<Result> {
    const flight = new Flight<Result>();
    this.#flights.set(key, flight);
    const close = () => this.#forget(key, flight);
    flight.result.then(close, close);
    return flight;
  }

  /** Resolves when the flight has a place, by whomever. */
  async #place(flight: Flight<Result>, work: Work<Result>, turn: Turn): Promise<void> {
    if (flight.started.aborted) return;
    let placed = () => {};
    const hasPlace = new Promise<void>((resolve) => {
      placed = resolve;
      flight.started.addEventListener("abort", () => resolve(), { once: true });
    });
    using waiting = new Cancellation([turn.signal, flight.started]);
    const held = this.#admission.run(
      async () => {
        if (flight.started.aborted) return;
        flight.start(work);
        placed();
        // The place is the flight's, also when this caller has gone.
        await Promise.allSettled([flight.result]);
      },
      { ...turn, signal: waiting.signal },
    );
    await Promise.race([hasPlace, held]).catch((error: unknown) => {
      if (!flight.started.aborted || turn.signal?.aborted) throw error;
    });
    held.catch(() => {});
  }

  /** The last one out ends the fetch, and waits until it has ended: nothing goes on behind its back. */
  async #leave(key: string, flight: Flight<Result>, signal: CancelSignal | undefined): Promise<void> {
    this.#forget(key, flight);
    if (!flight.started.aborted) return;
    if (signal?.aborted) flight.cancel(cancellationOf(signal));
    await Promise.allSettled([flight.result]);
  }

  #forget(key: string, flight: Flight<Result>): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
  }
}
