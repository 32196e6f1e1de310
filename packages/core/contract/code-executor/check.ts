import assert from "node:assert/strict";
import { type CodeExecutor, RunnerError } from "@gorunner/core";

/** Declares one case on an executor. */
export type Check = (rule: string, body: (executor: CodeExecutor) => Promise<void>) => unknown;

export const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** Whether an error is ours, with this code. */
export const isError = (code: RunnerError["code"]) => (error: unknown) => {
  assert.ok(error instanceof RunnerError, String(error));
  assert.equal(error.code, code);
  return true;
};
