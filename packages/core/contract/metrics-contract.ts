import assert from "node:assert/strict";
import type { ErrorCode, Metrics, Outcome } from "@gorunner/core";
import { casesOn, type It, type Opened } from "./suite.js";

const codes: Record<ErrorCode | "OK", true> = {
  OK: true,
  INVALID_ARGUMENT: true,
  NOT_FOUND: true,
  UNAUTHENTICATED: true,
  PERMISSION_DENIED: true,
  RESOURCE_EXHAUSTED: true,
  UNAVAILABLE: true,
  DEADLINE_EXCEEDED: true,
  CANCELLED: true,
  INTERNAL: true,
};

const outcomes: Record<Outcome, true> = {
  ok: true,
  compile_error: true,
  fetch_error: true,
  fetch_timeout: true,
  build_timeout: true,
  build_limit: true,
  exit_error: true,
  run_timeout: true,
  cpu_limit: true,
  memory_limit: true,
  output_limit: true,
  process_limit: true,
  killed: true,
};

/** Every rule of {@link Metrics}: it takes all that can be measured, at once and without throwing. */
export function metricsContract(it: It, open: () => Promise<Opened<Metrics>>): void {
  const check = casesOn(it, open);
  const timings = { queueMs: 0, fetchMs: 0, buildMs: 120.5, runMs: 3 };

  check("takes every code on every transport", async (metrics) => {
    for (const code of Object.keys(codes) as (ErrorCode | "OK")[]) {
      for (const transport of ["grpc", "http"] as const) {
        assert.equal(metrics.requestHandled({ transport, method: "RunCode", code, durationMs: 1.5 }), undefined);
      }
    }
  });

  check("takes every outcome", async (metrics) => {
    for (const outcome of Object.keys(outcomes) as Outcome[]) assert.equal(metrics.executionEnded({ outcome, timings }), undefined);
  });

  check("takes every lookup, answer and load", async (metrics) => {
    for (const result of ["hit", "miss"] as const) assert.equal(metrics.buildCacheLookedUp(result), undefined);
    for (const layer of ["process", "redis"] as const) {
      for (const result of ["hit", "miss", "error"] as const) assert.equal(metrics.snippetCacheLookedUp({ layer, result }), undefined);
    }
    for (const result of ["admin", "not_admin", "error"] as const) assert.equal(metrics.ssoAnswered(result), undefined);
    assert.equal(metrics.executorLoadChanged({ queued: 3, running: 2 }), undefined);
  });

  check("a measurement that makes no sense is no reason to throw", async (metrics) => {
    for (const durationMs of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      metrics.requestHandled({ transport: "http", method: "unknown", code: "OK", durationMs });
      metrics.executionEnded({ outcome: "ok", timings: { ...timings, runMs: durationMs } });
    }
  });
}
