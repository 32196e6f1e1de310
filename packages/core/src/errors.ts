/**
 * What can go wrong on our side. A user's failure (a compile error, a panic, a timeout) is never an error:
 * it is an {@link Execution} with an outcome.
 */
export type ErrorCode =
  | "INVALID_ARGUMENT"
  | "NOT_FOUND"
  | "UNAUTHENTICATED"
  | "PERMISSION_DENIED"
  | "RESOURCE_EXHAUSTED"
  | "UNAVAILABLE"
  | "DEADLINE_EXCEEDED"
  | "CANCELLED"
  | "INTERNAL";

export interface RunnerErrorOptions {
  /** What caused it; goes to the log, never to a client. */
  cause?: unknown;
  /** With RESOURCE_EXHAUSTED: when to come back, in milliseconds. */
  retryAfterMs?: number;
}

/** The one error class that ports and use cases throw. Its message is safe to show to a client. */
export class RunnerError extends Error {
  readonly code: ErrorCode;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, options: RunnerErrorOptions = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.name = "RunnerError";
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
  }
}

export const invalidArgument = (message: string, cause?: unknown) => new RunnerError("INVALID_ARGUMENT", message, { cause });
export const notFound = (message: string) => new RunnerError("NOT_FOUND", message);
export const permissionDenied = (message: string) => new RunnerError("PERMISSION_DENIED", message);
export const unavailable = (message: string, cause?: unknown) => new RunnerError("UNAVAILABLE", message, { cause });
export const internal = (message: string, cause?: unknown) => new RunnerError("INTERNAL", message, { cause });

/** Any thrown value as a {@link RunnerError}: what is not one already is INTERNAL, with the original as its cause. */
export function asRunnerError(thrown: unknown): RunnerError {
  return thrown instanceof RunnerError ? thrown : internal("internal error", thrown);
}
