import type { IncomingMessage, ServerResponse } from "node:http";
import { asRunnerError, type FairShare, type Logger, type Metrics, type RunnerError, type Turns } from "@gorunner/core";
import { send, sendJson } from "../answers/answer.js";
import { errorAnswer } from "../answers/error-answer.js";
import { CallCancellation } from "./cancellation.js";
import { JsonAnswer } from "./json-answer.js";

export interface Call {
  /** The rpc's name, or `unknown`: the label of its metrics and its log line, never a path. */
  method: string;
  /** Forms the answer's message. */
  serve(signal: AbortSignal): Promise<object>;
}

/** Serves one call from its first byte to its one log line; never rejects. */
export async function serveCall(
  call: Call,
  exchange: { request: IncomingMessage; response: ServerResponse; requestId: string },
  { metrics, logger, turns, memory }: { metrics: Metrics; logger: Logger; turns: Turns; memory: FairShare },
): Promise<void> {
  const startedAt = performance.now();
  const { request, response, requestId } = exchange;
  const cancellation = new CallCancellation(response);
  const answer = new JsonAnswer({ memory, peer: request.socket.remoteAddress ?? "unknown" });
  let failure: RunnerError | undefined;
  try {
    cancellation.honourDeadline(request);
    await cancellation.guard(async () => answer.write(await call.serve(cancellation.signal), turns));
    sendJson(response, { httpStatus: 200, json: answer.release() });
  } catch (thrown) {
    failure = asRunnerError(thrown);
    send(response, errorAnswer(failure, requestId));
  } finally {
    answer.release();
    cancellation.release();
  }
  const ended = { transport: "http", method: call.method, code: failure?.code ?? "OK", durationMs: performance.now() - startedAt } as const;
  metrics.requestHandled(ended);
  if (failure !== undefined) logFailure(failure, call.method, logger);
  logger.info("request handled", ended);
}

/**
 * Failures of ours, with their causes. A client's mistake is told by the code in the request's line, and so is a failure without a
 * cause: whoever met it has logged it, or there is nothing more to say.
 */
function logFailure(failure: RunnerError, method: string, logger: Logger): void {
  if (failure.code === "INTERNAL") logger.error("request failed", { method, err: failure });
  else if (failure.code === "UNAVAILABLE" && failure.cause !== undefined) {
    // One short line: when the store is away, each request has one.
    const cause = failure.cause instanceof Error ? failure.cause.message : String(failure.cause);
    logger.warn("request refused", { method, why: failure.message, cause });
  }
}
