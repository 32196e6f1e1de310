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

  it("tells memory before the output that came of it: Go dumps its goroutines, which can be more than the limit", () => {
    const said = { exact: false, stderr: "fatal error: runtime: out of memory\n\ngoroutine 1 …" };
    const verdict = runOutcomeOf({ end: anEnd({ signal: 9, killedFor: "output" }), ...noEvents }, said);
    assert.deepEqual(verdict, { outcome: "memory_limit", inferred: true, signal: "SIGKILL" });
    assert.deepEqual(runOutcomeOf({ end: anEnd({ signal: 9, killedFor: "output" }), ...noEvents }, { ...said, exact: true }), {
      outcome: "output_limit",
    });
  });

  it("knows Go's runtime without memory also where it only crashes, and no other crash", () => {
    const crash = (where: string) => `SIGSEGV: segmentation violation\nPC=0x42985d m=0 ${where}\n`;
    const outcomeOf = (stderr: string) => runOutcomeOf({ end: anEnd({ exitCode: 2 }), ...noEvents }, { exact: false, stderr }).outcome;
    assert.equal(outcomeOf(crash("sigcode=1 addr=0x0\n\ngoroutine 0 gp=0x526940 m=0 mp=0x527700 [idle]:")), "memory_limit");
    assert.equal(outcomeOf(crash("sigcode=0\n\ngoroutine 0 gp=0x526940 m=0 mp=0x527700 [idle]:")), "exit_error");
    assert.equal(outcomeOf(crash("sigcode=1 addr=0x0\n\ngoroutine 1 gp=0x526940 m=0 mp=0x527700 [running]:")), "exit_error");
    assert.equal(outcomeOf("panic: runtime error: invalid memory address or nil pointer dereference\n[signal SIGSEGV"), "exit_error");
  });

  it("takes files beyond their number for memory, and says that it infers that", () => {
    const verdict = runOutcomeOf({ end: anEnd({ signal: 9, killedFor: "files" }), ...noEvents }, { exact: false, stderr: "" });
    assert.deepEqual(verdict, { outcome: "memory_limit", inferred: true });
  });

  it("marks an out-of-memory that only the program's words tell", () => {
    const said = { exact: false, stderr: "fatal error: runtime: out of memory" };
    const verdict = runOutcomeOf({ end: anEnd({ exitCode: 2 }), ...noEvents }, said);
    assert.deepEqual(verdict, { outcome: "memory_limit", inferred: true, exitCode: 2 });
  });
});
