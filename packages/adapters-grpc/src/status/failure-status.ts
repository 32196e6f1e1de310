import type { RunnerError } from "@gorunner/core";
import { Metadata, type status } from "@grpc/grpc-js";
import { retryTrailers } from "./retry-info.js";
import { statusOf } from "./status-of.js";

/** How soon a client may come back when nobody said. */
const defaultRetryAfterMs = 1000;

/** What a client is told about a failure. */
export interface FailureStatus {
  code: status;
  details: string;
  metadata: Metadata;
}

/**
 * A failure as a gRPC status. Of INTERNAL a client sees the request's id only; the log has the rest under it.
 */
export function failureStatus(failure: RunnerError, requestId: string): FailureStatus {
  const code = statusOf[failure.code];
  const details = failure.code === "INTERNAL" ? `internal error (id ${requestId})` : failure.message;
  const metadata =
    failure.code === "RESOURCE_EXHAUSTED"
      ? retryTrailers({ code, message: details, retryAfterMs: failure.retryAfterMs ?? defaultRetryAfterMs })
      : new Metadata();
  return { code, details, metadata };
}
