/** Work that several want at once and that is done once. */
import { type CancelSignal, cancellationOf } from "@gorunner/core";

interface Flight<Result> {
  result: Promise<Result>;
  controller: AbortController;
  waiting: number;
}

export class SharedWork<Result> {
  readonly #flights = new Map<string, Flight<Result>>();

  /**
   * Joins the work under way for `key`, or starts it. It is cancelled when the last who waits for it is.
   * @throws whatever the work throws, or the cancellation of `signal`.
   */
  async join(key: string, work: (signal: CancelSignal) => Promise<Result>, signal: CancelSignal | undefined): Promise<Result> {
    const flight = this.#flights.get(key) ?? this.#start(key, work);
    flight.waiting++;
    let onAbort = () => {};
    const left = new Promise<never>((_, reject) => {
      onAbort = () => {
        if (signal === undefined) return;
        reject(cancellationOf(signal));
        // The last one out waits until the work has ended, so that nothing goes on behind its back.
        if (--flight.waiting === 0) this.#cancel(key, flight, signal);
      };
    });
    left.catch(() => {});
    signal?.addEventListener("abort", onAbort);
    if (signal?.aborted) onAbort();
    try {
      return await Promise.race([flight.result, left]);
    } catch (error) {
      if (flight.waiting === 0) await Promise.allSettled([flight.result]);
      throw error;
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  #start(key: string, work: (signal: CancelSignal) => Promise<Result>): Flight<Result> {
    const controller = new AbortController();
    const result = work(controller.signal).finally(() => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    });
    const flight: Flight<Result> = { result, controller, waiting: 0 };
    this.#flights.set(key, flight);
    return flight;
  }

  /** Who comes from now on starts anew. */
  #cancel(key: string, flight: Flight<Result>, signal: CancelSignal): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
    flight.controller.abort(cancellationOf(signal));
  }
}
