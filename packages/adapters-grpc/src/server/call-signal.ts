import { RunnerError } from "@gorunner/core";

/** The slice of a gRPC server call that tells of its end. */
export interface EndingCall {
  readonly cancelled: boolean;
  getDeadline(): Date | number;
  once(event: "cancelled", listener: () => void): unknown;
}

/**
 * A client whose deadline passes resets its call, and that reset races with the server's own timer, which started
 * later by the time that the request was on its way. A reset this close to the deadline is the deadline's.
 */
const deadlineSlackMs = 100;

/**
 * Aborted when the call ends before its answer: with DEADLINE_EXCEEDED when its deadline has passed, else with CANCELLED.
 * (It is aborted after the answer too, when nobody listens any more: gRPC tells of every end.)
 */
export function signalOf(call: EndingCall): AbortSignal {
  const controller = new AbortController();
  const abort = () => controller.abort(reasonOf(call));
  if (call.cancelled) abort();
  else call.once("cancelled", abort);
  return controller.signal;
}

function reasonOf(call: EndingCall): RunnerError {
  const deadlineMs = Number(call.getDeadline());
  return Date.now() >= deadlineMs - deadlineSlackMs
    ? new RunnerError("DEADLINE_EXCEEDED", "the call's deadline has passed")
    : new RunnerError("CANCELLED", "the client has cancelled the call");
}
