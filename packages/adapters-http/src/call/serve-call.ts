import type { IncomingMessage, ServerResponse } from "node:http";
import { asRunnerError, jsonInSlices, type Logger, type Metrics, type RunnerError, type Turns } from "@gorunner/core";
import { send, sendJson } from "../answers/answer.js";
import { errorAnswer } from "../answers/error-answer.js";
import { CallCancellation } from "./cancellation.js";

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
  { metrics, logger, turns }: { metrics: Metrics; logger: Logger; turns: Turns },
): Promise<void> {
  const startedAt = performance.now();
  const { request, response, requestId } = exchange;
  const cancellation = new CallCancellation(response);
  let failure: RunnerError | undefined;
  try {
    cancellation.honourDeadline(request);
    const json = await cancellation.guard(async () => jsonOf(await call.serve(cancellation.signal), turns));
    sendJson(response, { httpStatus: 200, json });
  } catch (thrown) {
    failure = asRunnerError(thrown);
    send(response, errorAnswer(failure, requestId));
  } finally {
    cancellation.release();
  }
  const ended = { transport: "http", method: call.method, code: failure?.code ?? "OK", durationMs: performance.now() - startedAt } as const;
  metrics.requestHandled(ended);
  if (failure !== undefined) logFailure(failure, call.method, logger);
  logger.info("request handled", ended);
}

/** In parts that lie outside of the heap, which large answers would fill. */
async function jsonOf(message: object, turns: Turns): Promise<Buffer[]> {
  const parts: Buffer[] = [];
  for await (const part of jsonInSlices(message, turns)) parts.push(Buffer.from(part));
  return parts;
}

/** Failures of ours, with their causes; a client's mistakes are told by the code in the request's line. */
function logFailure(failure: RunnerError, method: string, logger: Logger): void {
  if (failure.code === "INTERNAL") logger.error("request failed", { method, err: failure });
  else if (failure.code === "UNAVAILABLE") logger.warn("request refused", { method, err: failure });
}
