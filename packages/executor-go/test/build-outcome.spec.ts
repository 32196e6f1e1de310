import assert from "node:assert/strict";
import type { JobEnd } from "../src/sandbox/job.js";
import { buildOutcomeOf } from "../src/verdict/build-outcome.js";

const anEnd = (fields: Partial<JobEnd>): JobEnd => ({
  ...{ exitCode: 0, signal: 0, wallNs: 0, cpuNs: 0, peakBytes: 0, droppedBytes: 0, artifactBytes: 0 },
  ...fields,
});

describe("buildOutcomeOf", () => {
  const outOfMemory = "fatal error: runtime: out of memory";
  const outcome = (exitCode: number, facts: { exactMemory: boolean; isWhole: boolean }) =>
    buildOutcomeOf({ end: anEnd({ exitCode }), memoryKills: 0, processRefusals: 0 }, { output: outOfMemory, ...facts });

  it("infers that memory ran out where something was not built for it, be it one package of several", () => {
    assert.deepEqual(outcome(1, { exactMemory: false, isWhole: true }), { outcome: "build_limit", inferred: true });
    assert.deepEqual(outcome(0, { exactMemory: false, isWhole: false }), { outcome: "build_limit", inferred: true });
  });

  it("infers nothing where all was built, or where memory is counted", () => {
    assert.deepEqual(outcome(0, { exactMemory: false, isWhole: true }), { outcome: "ok", inferred: false });
    assert.deepEqual(outcome(0, { exactMemory: true, isWhole: false }), { outcome: "ok", inferred: false });
    assert.deepEqual(outcome(1, { exactMemory: true, isWhole: true }), { outcome: "compile_error", inferred: false });
  });
});
