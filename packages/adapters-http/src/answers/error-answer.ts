import type { ErrorCode, RunnerError } from "@gorunner/core";
import type { Answer } from "./answer.js";
import { HttpRefusal } from "./refusal.js";

/** gRPC's number of each code, and the HTTP status that grpc-gateway maps it to (`runtime.HTTPStatusFromCode`). */
const statusOf: Record<ErrorCode, { grpcCode: number; httpStatus: number }> = {
  CANCELLED: { grpcCode: 1, httpStatus: 499 },
  INVALID_ARGUMENT: { grpcCode: 3, httpStatus: 400 },
  DEADLINE_EXCEEDED: { grpcCode: 4, httpStatus: 504 },
  NOT_FOUND: { grpcCode: 5, httpStatus: 404 },
  PERMISSION_DENIED: { grpcCode: 7, httpStatus: 403 },
  RESOURCE_EXHAUSTED: { grpcCode: 8, httpStatus: 429 },
  INTERNAL: { grpcCode: 13, httpStatus: 500 },
  UNAVAILABLE: { grpcCode: 14, httpStatus: 503 },
  UNAUTHENTICATED: { grpcCode: 16, httpStatus: 401 },
};

/** `error` as a client sees it; an INTERNAL one is only named by `requestId`, under which the log tells the rest. */
export function errorAnswer(error: RunnerError, requestId: string): Answer {
  const own = error instanceof HttpRefusal ? error : undefined;
  const { grpcCode, httpStatus } = statusOf[error.code];
  const message = error.code === "INTERNAL" ? `internal error, correlation id ${requestId}` : error.message;
  const { details, headers } = adviceFor(error);
  return {
    httpStatus: own?.httpStatus ?? httpStatus,
    body: { code: own?.grpcCode ?? grpcCode, message, details },
    headers,
  };
}

/** What a client may do about the error, as headers and as `google.rpc` details. */
function adviceFor(error: RunnerError): { details: object[]; headers: Record<string, string> } {
  if (error.code === "UNAUTHENTICATED") return { details: [], headers: { "WWW-Authenticate": "Bearer" } };
  if (error.code !== "RESOURCE_EXHAUSTED") return { details: [], headers: {} };
  const waitMs = Math.max(0, Math.ceil(error.retryAfterMs ?? defaultRetryAfterMs));
  return {
    details: [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: protoDuration(waitMs) }],
    headers: { "Retry-After": String(Math.max(1, Math.ceil(waitMs / 1000))) },
  };
}

const defaultRetryAfterMs = 1000;

/** A `google.protobuf.Duration` in proto3's JSON, which writes 0, 3, 6 or 9 decimals: `2s`, `1.500s`. */
function protoDuration(milliseconds: number): string {
  return `${milliseconds % 1000 === 0 ? milliseconds / 1000 : (milliseconds / 1000).toFixed(3)}s`;
}
