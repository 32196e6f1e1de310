import assert from "node:assert/strict";
import { defaultLimits, duration, type Execution, encodeUtf8, type Outcome, reportOf, size } from "@gorunner/core";
import fc from "fast-check";
import { anExecution } from "./ports.js";

const stderr = encodeUtf8("what the program said\n");

/** An outcome, what is known with it, and the `error` that api.md promises. */
const verdicts: Record<Outcome, [Partial<Execution>, string]> = {
  ok: [{ stderr }, "what the program said\n"],
  compile_error: [{ stderr: encodeUtf8("prog.go:5:2: undefined: foo\n") }, "prog.go:5:2: undefined: foo\n"],
  fetch_error: [{ stderr: encodeUtf8("prog.go:3:8: no such module\n") }, "prog.go:3:8: no such module\n"],
  fetch_timeout: [{}, "fetching modules timed out"],
  build_timeout: [{}, "build timed out after 10s"],
  build_limit: [{}, "the build used too much memory, output or disk"],
  exit_error: [{ exitCode: 3, stderr }, "what the program said\nexit status 3"],
  run_timeout: [{ stderr }, "what the program said\ntimed out after 5s"],
  cpu_limit: [{ limits: { ...defaultLimits, cpuMs: 1500 } }, "cpu limit of 1.5s exceeded"],
  memory_limit: [{ stderr: encodeUtf8("no newline") }, "no newline\nmemory limit of 256 MiB exceeded"],
  output_limit: [{}, "output limit of 1 MiB exceeded"],
  process_limit: [{}, "process limit of 128 exceeded"],
  killed: [{ signal: "SIGKILL" }, "signal: killed"],
};

describe("reportOf", () => {
  for (const [outcome, [fields, error]] of Object.entries(verdicts) as [Outcome, [Partial<Execution>, string]][]) {
    it(`${outcome}: ${JSON.stringify(error)}`, () => {
      const stdout = encodeUtf8("printed before\n");
      assert.deepEqual(reportOf(anExecution({ outcome, stdout, ...fields })), { output: "printed before\n", error });
    });
  }

  it("a program that said nothing and succeeded has no error", () => {
    assert.deepEqual(reportOf(anExecution({})), { output: "", error: "" });
  });

  it("names signals as Go does", () => {
    for (const [signal, error] of [
      ["SIGSEGV", "signal: segmentation fault"],
      ["SIGABRT", "signal: aborted"],
      ["SIGTERM", "signal: terminated"],
      ["SIGRTMIN+3", "signal: SIGRTMIN+3"],
    ] as const) {
      assert.equal(reportOf(anExecution({ outcome: "killed", signal })).error, error);
    }
  });

  it("invalid UTF-8 reads as U+FFFD, in both texts", () => {
    const bytes = Uint8Array.of(0x41, 0xff, 0xe2, 0x82, 0x42);
    assert.deepEqual(reportOf(anExecution({ stdout: bytes, stderr: bytes })), { output: "A\ufffd\ufffdB", error: "A\ufffd\ufffdB" });
  });
});

describe("duration", () => {
  it("is written as Go writes it", () => {
    const written = [0, 1, 250, 999, 1000, 1500, 5000, 30_000].map(duration);
    assert.deepEqual(written, ["0ms", "1ms", "250ms", "999ms", "1s", "1.5s", "5s", "30s"]);
  });
});

describe("size", () => {
  it("uses the largest unit that divides it", () => {
    const written = [0, 100, 1023, 1024, 1025, 65_536, 2 ** 20, 256 * 2 ** 20, 1.5 * 2 ** 20, 2 ** 30].map(size);
    assert.deepEqual(written, [
      "0 bytes",
      "100 bytes",
      "1023 bytes",
      "1 KiB",
      "1025 bytes",
      "64 KiB",
      "1 MiB",
      "256 MiB",
      "1536 KiB",
      "1 GiB",
    ]);
  });

  it("loses nothing", () => {
    const units: Record<string, number> = { bytes: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom(1, 2 ** 10, 2 ** 20), (count, unit) => {
        const [number, name] = size(count * unit).split(" ");
        assert.equal(Number(number) * (units[name ?? ""] ?? Number.NaN), count * unit);
      }),
    );
  });
});
