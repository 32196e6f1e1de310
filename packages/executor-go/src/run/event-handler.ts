/** Hands a program's output on to whoever asked for it, and waits for them no longer than is good for the others. */
import { type ExecuteOptions, type OutputEvent, RunnerError } from "@gorunner/core";
import type { Cancellation } from "../pool/cancellation.js";
import { Countdown } from "../pool/countdown.js";

export interface EventHandlerOptions {
  onEvent: NonNullable<ExecuteOptions["onEvent"]>;
  /** How long it may hold up one execution, all its events together. */
  timeoutMs: number;
  /** A cancelled execution does not wait for a handler that takes for ever: of a client that reads no more, say. */
  cancellation: Cancellation;
}

/** @throws RunnerError DEADLINE_EXCEEDED when the handler takes too long; the cancellation; what the handler throws. */
export function eventHandler({ onEvent, timeoutMs, cancellation }: EventHandlerOptions): NonNullable<ExecuteOptions["onEvent"]> {
  let giveUp: (error: RunnerError) => void = () => {};
  const patience = new Countdown(timeoutMs, () =>
    giveUp(new RunnerError("DEADLINE_EXCEEDED", `the program's output was not taken within ${timeoutMs / 1000} s`)),
  );
  return (event: OutputEvent) => {
    const handled = onEvent(event);
    if (handled === undefined) return;
    const overdue = new Promise<never>((_, reject) => {
      giveUp = reject;
    });
    patience.go();
    return cancellation.race(Promise.race([handled, overdue])).finally(() => patience.stop());
  };
}
