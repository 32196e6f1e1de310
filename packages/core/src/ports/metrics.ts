import type { Outcome, Timings } from "../domain/execution.js";
import type { ErrorCode } from "../errors.js";

/**
 * Where measurements go. Synchronous, and never throws: losing a measurement must not fail a request.
 * No value that a user chose ever becomes a label.
 */
export interface Metrics {
  /** A transport has answered a call; `method` is the name of a known route or rpc, or `unknown`. */
  requestHandled(request: { transport: "grpc" | "http"; method: string; code: ErrorCode | "OK"; durationMs: number }): void;
  /** An execution has ended with an outcome. */
  executionEnded(execution: { outcome: Outcome; timings: Timings }): void;
  /** A build's result was looked for in the binary cache. */
  buildCacheLookedUp(result: "hit" | "miss"): void;
  /** A snippet was looked for in a layer of the snippet cache; `absent`: it knows of none; `error`: it could not be used. */
  snippetCacheLookedUp(lookup: { layer: "process" | "redis"; result: "hit" | "miss" | "absent" | "error" }): void;
  /** The SSO service answered a question about a user, or failed to. */
  ssoAnswered(result: "admin" | "not_admin" | "error"): void;
  /** So many bytes are stored, of as many as may be. */
  storeMeasured(store: { bytes: number; quotaBytes: number }): void;
  /** How many executions wait, and how many are under way, from now on. */
  executorLoadChanged(load: { queued: number; running: number }): void;
}

/** Measures nothing; for embedders, commands and tests that nobody measures. */
export const silentMetrics: Metrics = {
  requestHandled() {},
  executionEnded() {},
  buildCacheLookedUp() {},
  snippetCacheLookedUp() {},
  ssoAnswered() {},
  storeMeasured() {},
  executorLoadChanged() {},
};
