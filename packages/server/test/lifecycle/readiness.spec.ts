import assert from "node:assert/strict";
import { unavailable } from "@gorunner/core";
import { type ExecutorStatus, noWalls } from "@gorunner/executor-go";
import { Readiness } from "../../src/lifecycle/readiness.js";

function aReadiness(parts: { check?: () => Promise<void>; status?: ExecutorStatus; timeoutMs?: number; maxAgeMs?: number }) {
  let checks = 0;
  const readiness = new Readiness({
    ...parts,
    store: {
      check() {
        checks++;
        return parts.check?.() ?? Promise.resolve();
      },
    },
    executor: { status: () => parts.status ?? { state: "ready" } },
  });
  return { readiness, checks: () => checks };
}

describe("Readiness", () => {
  it("is given when the store answers and the executor has proven itself", async () => {
    assert.deepEqual(await aReadiness({}).readiness.check(), { ready: true, executor: {} });
  });

  it("tells what programs are executed with, and warns of what nobody should overlook", async () => {
    const inForce = { toolchain: "go1.26.8", tier: "bubblewrap", resources: "cgroup-v2", seccomp: "all" };
    const walled = aReadiness({ status: { state: "ready", ...inForce } });
    assert.deepEqual(await walled.readiness.check(), { ready: true, executor: inForce });
    const { readiness } = aReadiness({ status: { state: "ready", tier: "none" } });
    assert.deepEqual(await readiness.check(), { ready: true, executor: { tier: "none", warning: noWalls } });
  });

  it("says why the store does not answer", async () => {
    const { readiness } = aReadiness({ check: () => Promise.reject(unavailable("the database can't be reached")) });
    assert.deepEqual(await readiness.check(), { ready: false, reason: "the database can't be reached" });
  });

  it("shows nothing of an unforeseen error", async () => {
    const { readiness } = aReadiness({ check: () => Promise.reject(new Error("password hunter2")) });
    assert.deepEqual(await readiness.check(), { ready: false, reason: "internal error" });
  });

  it("does not wait for a store that hangs", async () => {
    const { readiness } = aReadiness({ check: () => new Promise(() => {}), timeoutMs: 20 });
    assert.deepEqual(await readiness.check(), { ready: false, reason: "the store did not answer within 20 ms" });
  });

  for (const state of ["preparing", "failed", "draining"] as const) {
    it(`is not given while the executor is ${state}`, async () => {
      const { readiness } = aReadiness({ status: { state, reason: "for this" } });
      assert.deepEqual(await readiness.check(), { ready: false, reason: `executor ${state}: for this` });
    });
  }

  it("asks the store once for many probes", async () => {
    const { readiness, checks } = aReadiness({ maxAgeMs: 60_000 });
    await Promise.all([readiness.check(), readiness.check()]);
    await readiness.check();
    assert.equal(checks(), 1);
  });

  it("asks again when the answer has aged", async () => {
    const { readiness, checks } = aReadiness({ maxAgeMs: 0 });
    await readiness.check();
    await readiness.check();
    assert.equal(checks(), 2);
  });

  it("ends for good with draining, at once", async () => {
    const { readiness } = aReadiness({ maxAgeMs: 60_000 });
    await readiness.check();
    readiness.drain();
    assert.deepEqual(await readiness.check(), { ready: false, reason: "draining" });
  });
});
