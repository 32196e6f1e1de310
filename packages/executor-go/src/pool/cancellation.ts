/** Several reasons to stop, as one signal. */
import { type CancelSignal, cancellationOf } from "@gorunner/core";

/** Aborted when the first of `signals` is, with its reason. Dispose it when the work is over: it listens to them all. */
export class Cancellation implements Disposable {
  readonly #controller = new AbortController();
  readonly #unlisten: (() => void)[] = [];

  constructor(signals: (CancelSignal | undefined)[]) {
    for (const signal of signals) {
      if (signal === undefined) continue;
      const onAbort = () => this.#controller.abort(cancellationOf(signal));
      if (signal.aborted) onAbort();
      signal.addEventListener("abort", onAbort);
      this.#unlisten.push(() => signal.removeEventListener("abort", onAbort));
    }
  }

  get signal(): CancelSignal {
    return this.#controller.signal;
  }

  /** `work`, unless the cancellation comes first; the work itself goes on. @throws RunnerError the cancellation */
  async race<Result>(work: Promise<Result>): Promise<Result> {
    const { signal } = this.#controller;
    let onAbort = () => {};
    const cancelled = new Promise<never>((_, reject) => {
      onAbort = () => reject(cancellationOf(signal));
      signal.addEventListener("abort", onAbort);
      if (signal.aborted) onAbort();
    });
    try {
      // Also of one that has come already: the work may fail later, and that is then nothing that was missed.
      return await Promise.race([cancelled, work]);
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  [Symbol.dispose](): void {
    for (const unlisten of this.#unlisten) unlisten();
  }
}
