import assert from "node:assert/strict";
import type { JobEnd } from "../src/sandbox/job.js";
import { runOutcomeOf } from "../src/verdict/run-outcome.js";

const anEnd = (fields: Partial<JobEnd>): JobEnd => ({
  ...{ exitCode: 0, signal: 0, wallNs: 0, cpuNs: 0, peakBytes: 0, droppedBytes: 0, artifactBytes: 0 },
  ...fields,
});
const noEvents = { memoryKills: 0, processRefusals: 0 };
const exact = { exact: true, stderr: "" };

describe("runOutcomeOf", () => {
  // A program may end in any way when its time is up: by the dump's exit status, by a signal, or well.
  const ways: Partial<JobEnd>[] = [{}, { exitCode: 2 }, { signal: 9 }, { signal: 24 }];

  it("tells the limit for which the supervisor ended it, however it ended then", () => {
    for (const way of ways) {
      assert.deepEqual(runOutcomeOf({ end: anEnd({ ...way, killedFor: "timeout" }), ...noEvents }, exact), { outcome: "run_timeout" });
      assert.deepEqual(runOutcomeOf({ end: anEnd({ ...way, killedFor: "cpu" }), ...noEvents }, exact), { outcome: "cpu_limit" });
      assert.deepEqual(runOutcomeOf({ end: anEnd({ ...way, killedFor: "output" }), ...noEvents }, exact), { outcome: "output_limit" });
    }
  });

  it("never guesses a limit from a signal, or from what the program says where the kernel would know", () => {
    const ended = (signal: number) => runOutcomeOf({ end: anEnd({ signal }), ...noEvents }, exact);
    assert.deepEqual(ended(24), { outcome: "killed", signal: "SIGXCPU" });
    assert.deepEqual(ended(9), { outcome: "killed", signal: "SIGKILL" });
    const said = { exact: true, stderr: "fatal error: runtime: out of memory" };
    assert.deepEqual(runOutcomeOf({ end: anEnd({ exitCode: 2 }), ...noEvents }, said), { outcome: "exit_error", exitCode: 2 });
  });

  it("marks an end for want of threads that only the program's words tell, also when it then says too much", () => {
    const stderr = "runtime: failed to create new OS thread (have 18 already; errno=11)\nfatal error: newosproc\n";
    for (const way of [{ exitCode: 2 }, { exitCode: 2, killedFor: "output" } as const]) {
      const verdict = runOutcomeOf({ end: anEnd(way), ...noEvents }, { exact: false, stderr });
      assert.deepEqual(verdict, { outcome: "process_limit", inferred: true, exitCode: 2 });
    }
    assert.deepEqual(runOutcomeOf({ end: anEnd({}), ...noEvents }, { exact: false, stderr }), { outcome: "ok", exitCode: 0 });
    const known = runOutcomeOf({ end: anEnd({ exitCode: 2 }), ...noEvents }, { exact: true, stderr });
    assert.deepEqual(known, { outcome: "exit_error", exitCode: 2 });
  });

  it("knows how Go's collector falls over memory that it was not given, and no other crash", () => {
    const crash = (goroutine: number) =>
      `SIGSEGV: segmentation violation\nPC=0x42985d m=3 sigcode=1 addr=0x0\n\ngoroutine ${goroutine} gp=0x3f mp=0x3f [idle]:\nruntime.(*spanQueue).tryDrain(0x3f)\n`;
    const verdict = (stderr: string) => runOutcomeOf({ end: anEnd({ exitCode: 2 }), ...noEvents }, { exact: false, stderr });
    assert.deepEqual(verdict(crash(0)), { outcome: "memory_limit", inferred: true, exitCode: 2 });
    assert.deepEqual(verdict(crash(1)), { outcome: "exit_error", exitCode: 2 });
  });

  it("marks an out-of-memory that only the program's words tell", () => {
    const said = { exact: false, stderr: "fatal error: runtime: out of memory" };
    const verdict = runOutcomeOf({ end: anEnd({ exitCode: 2 }), ...noEvents }, said);
    assert.deepEqual(verdict, { outcome: "memory_limit", inferred: true, exitCode: 2 });
  });
});
