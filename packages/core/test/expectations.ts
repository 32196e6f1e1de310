import { type ErrorCode, RunnerError } from "@gorunner/core";

/** For `assert.throws` and `assert.rejects`: a RunnerError with this code and message. */
export const runnerError =
  (code: ErrorCode, message = /./) =>
  (error: unknown) =>
    error instanceof RunnerError && error.code === code && message.test(error.message);
