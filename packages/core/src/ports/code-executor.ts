import type { CancelSignal } from "../cancellation.js";
import type { Execution, ExecutionRequest, OutputEvent } from "../domain/execution.js";

export interface ExecuteOptions {
  /** Aborting it kills the build or the run, whichever is under way, and frees its slot. */
  signal?: CancelSignal;
  /**
   * Called for each piece of output while the program runs, in order.
   * While a promise it returned is pending, no further event is delivered and the program's writes wait. The time in
   * which a write waits for the handler is not the program's; an execution that is held up for too long in all (an
   * executor says how long, which bounds that time too) ends. Cancelling does not wait for it.
   */
  onEvent?: (event: OutputEvent) => void | Promise<void>;
}

/**
 * Builds and runs Go programs.
 *
 * A program's own failure resolves, with an outcome; only ours rejects. When an execution's promise settles its
 * processes are dead; nothing else of it is left a moment later, no file and no descriptor. Executions do not see each
 * other.
 */
export interface CodeExecutor {
  /**
   * @throws RunnerError INVALID_ARGUMENT for a request that cannot be executed as asked (no files, a name that escapes,
   *   a limit above the executor's own, a mode, clock or limit that it does not know);
   *   RESOURCE_EXHAUSTED when the queue is full or its time is up, with `retryAfterMs`;
   *   DEADLINE_EXCEEDED when `onEvent` held it up for too long;
   *   UNAVAILABLE when there is no toolchain or sandbox, or the executor is closing;
   *   the signal's reason if that is a RunnerError, else CANCELLED, when it was aborted.
   */
  execute(request: ExecutionRequest, options?: ExecuteOptions): Promise<Execution>;
}
