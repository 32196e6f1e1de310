import { RunnerError } from "./errors.js";

/** The slice of `AbortSignal` that the core uses; a real `AbortSignal` fits. */
export interface CancelSignal {
  readonly aborted: boolean;
  /** A {@link RunnerError} here (DEADLINE_EXCEEDED, say) is what the cancelled call rejects with. */
  readonly reason?: unknown;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** What a call that `signal` cancelled rejects with: the signal's own reason if it is ours, else CANCELLED. */
export function cancellationOf(signal: CancelSignal): RunnerError {
  return signal.reason instanceof RunnerError
    ? signal.reason
    : new RunnerError("CANCELLED", "the call was cancelled", { cause: signal.reason });
}

/** @throws RunnerError when `signal` has been aborted. */
export function throwIfCancelled(signal: CancelSignal | undefined): void {
  if (signal?.aborted) throw cancellationOf(signal);
}

/**
 * What `work` resolves or rejects with, unless `signal` is aborted before: then that cancellation. The work itself goes on,
 * for others who wait for it.
 */
export function unlessCancelled<Result>(signal: CancelSignal | undefined, work: Promise<Result>): Promise<Result> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const cancel = () => reject(cancellationOf(signal));
    signal.addEventListener("abort", cancel);
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", cancel));
  });
}
