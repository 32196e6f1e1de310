import assert from "node:assert/strict";
import type { ErrorCode, Metrics, Outcome } from "@gorunner/core";
import { casesOn, type It, type Opened, withOpened } from "./suite.js";

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

  it("two can be open at once", () =>
    withOpened(open, (one) =>
      withOpened(open, async (other) => {
        for (const metrics of [one, other]) assert.equal(metrics.buildCacheLookedUp("hit"), undefined);
      }),
    ));

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

  check("takes every lookup in the build cache", async (metrics) => {
    for (const result of ["hit", "miss"] as const) assert.equal(metrics.buildCacheLookedUp(result), undefined);
  });

  check("takes every lookup in each layer of the snippet cache", async (metrics) => {
    for (const layer of ["process", "redis"] as const) {
      for (const result of ["hit", "miss", "absent", "error"] as const)
        assert.equal(metrics.snippetCacheLookedUp({ layer, result }), undefined);
    }
  });

  check("takes every answer of the SSO service", async (metrics) => {
    for (const result of ["admin", "not_admin", "error"] as const) assert.equal(metrics.ssoAnswered(result), undefined);
  });

  check("takes every measure of the store, senseless ones too", async (metrics) => {
    for (const bytes of [1, ...senseless]) assert.equal(metrics.storeMeasured({ bytes, quotaBytes: bytes }), undefined);
  });

  check("takes every load, none and a large one too", async (metrics) => {
    for (const load of [0, 3, 1, 100_000, 0]) assert.equal(metrics.executorLoadChanged({ queued: load, running: load }), undefined);
  });

  check("a duration that makes no sense is no reason to throw", async (metrics) => {
    for (const durationMs of senseless) {
      metrics.requestHandled({ transport: "http", method: "unknown", code: "OK", durationMs });
      for (const phase of ["queueMs", "fetchMs", "buildMs", "runMs"] as const) {
        metrics.executionEnded({ outcome: "ok", timings: { ...timings, [phase]: durationMs } });
      }
    }
  });

  check("a load that makes no sense is no reason to throw", async (metrics) => {
    for (const load of senseless) metrics.executorLoadChanged({ queued: load, running: load });
  });

  check("leaves what it is given as it was", async (metrics) => {
    const request = { transport: "http", method: "RunCode", code: "OK", durationMs: 1 } as const;
    const execution = { outcome: "ok", timings: { ...timings } } as const;
    const lookup = { layer: "redis", result: "hit" } as const;
    const load = { queued: 1, running: 1 };
    const before = structuredClone([request, execution, lookup, load]);
    metrics.requestHandled(request);
    metrics.executionEnded(execution);
    metrics.snippetCacheLookedUp(lookup);
    metrics.executorLoadChanged(load);
    assert.deepEqual([request, execution, lookup, load], before);
  });

  check("two thousand measurements in a row take no time to speak of", async (metrics) => {
    const start = performance.now();
    for (let number = 0; number < 1000; number++) {
      metrics.requestHandled({ transport: "grpc", method: "GetCodeByID", code: "OK", durationMs: number });
      metrics.executionEnded({ outcome: "ok", timings });
    }
    const tookMs = performance.now() - start;
    assert.ok(tookMs < 500, `a quarter of a millisecond each is far too much, and 2000 took ${tookMs} ms`);
  });
}

const senseless = [0, -1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.MAX_VALUE];
