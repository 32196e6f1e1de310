import assert from "node:assert/strict";
import { type OutputEvent, withoutTurns } from "@gorunner/core";
import { VerboseOutput } from "../src/run/verbose-output.js";
import { Slices } from "../src/text/slices.js";
import { testResultsFrom } from "../src/verdict/test-results.js";

function shown(...chunks: Buffer[]): string {
  const output = new VerboseOutput();
  return Buffer.concat([...chunks.map((chunk) => output.take(chunk)), output.end()]).toString("latin1");
}

const stdout = (data: Buffer): OutputEvent => ({ stream: "stdout", data, timeNs: 0n });
const stderr = (text: string): OutputEvent => ({ stream: "stderr", data: Buffer.from(text), timeNs: 0n });
async function results(...events: OutputEvent[]): Promise<string[]> {
  const all = await testResultsFrom(events, "play", new Slices(withoutTurns));
  return all.map(({ name, status, output }) => `${name} ${status} ${JSON.stringify(output)}`);
}

const lines = (...all: string[]) => all.map((line) => `${line}\n`).join("");

/** What Go marks is written with ^, what the program writes itself with its own byte. */
const marked = (text: string) => Buffer.from(text.replaceAll("^", "\x16"), "latin1");

const cases: Record<string, { written: string; seen: string; results: string[] }> = {
  "subtests, and output without a newline before one": {
    written: lines(
      "^=== RUN   TestA",
      "x^=== RUN   TestA/s",
      "y^--- PASS: TestA/s (0.01s)",
      "^=== NAME  TestA",
      "    a.go:1: log",
      "^--- PASS: TestA (0.02s)",
      "^=== NAME  ",
      "^PASS",
    ),
    seen: lines(
      "=== RUN   TestA",
      "x=== RUN   TestA/s",
      "y=== NAME  TestA",
      "    a.go:1: log",
      "--- PASS: TestA (0.02s)",
      "    --- PASS: TestA/s (0.01s)",
      "PASS",
    ),
    results: ['TestA pass "x    a.go:1: log\\n"', 'TestA/s pass "y"'],
  },
  "the program's own marks, and lines like Go's without one": {
    written: lines(
      "^=== RUN   TestA",
      "^^ ^x ^== ^PASSED \xff^",
      "--- FAIL: TestA (0.00s)",
      "PASS",
      "more",
      "^--- PASS: TestA (0.00s)",
      "^=== NAME  ",
      "^PASS",
    ).concat("^"),
    seen: lines(
      "=== RUN   TestA",
      "\x16\x16 \x16x \x16== \x16PASSED \xff\x16",
      "--- FAIL: TestA (0.00s)",
      "PASS",
      "more",
      "--- PASS: TestA (0.00s)",
      "PASS",
    ).concat("\x16"),
    results: [`TestA pass ${JSON.stringify("\x16\x16 \x16x \x16== \x16PASSED \ufffd\x16\n--- FAIL: TestA (0.00s)\nPASS\nmore\n")}`],
  },
  "a marked line that the program began and Go's own follows": {
    written: lines("^=== RUN   TestA", "^--- PASS: ^--- FAIL: TestA (0.00s)", "^FAIL").concat("^--- un"),
    seen: lines("=== RUN   TestA", "--- PASS: --- FAIL: TestA (0.00s)", "FAIL").concat("--- un"),
    results: ['TestA fail "--- PASS: "'],
  },
  "benchmarks that are measured, fail, skip, and have others beneath": {
    written: lines(
      "goos: linux",
      "^=== RUN   BenchmarkA",
      "BenchmarkA",
      "BenchmarkA-2\t1\t5 ns/op",
      "^--- BENCH: BenchmarkA-2",
      "    log",
      "^=== NAME  ",
      "^=== RUN   BenchmarkB",
      "BenchmarkB",
      "^=== RUN   BenchmarkB/s",
      "BenchmarkB/s",
      "^--- SKIP: BenchmarkB/s",
      "    no",
      "^=== RUN   BenchmarkC",
      "BenchmarkC",
      "^--- FAIL: BenchmarkC-2",
      "    bad",
      "^FAIL",
    ),
    seen: lines(
      "goos: linux",
      "BenchmarkA",
      "BenchmarkA-2\t1\t5 ns/op",
      "--- BENCH: BenchmarkA-2",
      "    log",
      "BenchmarkB",
      "BenchmarkB/s",
      "--- SKIP: BenchmarkB/s",
      "    no",
      "BenchmarkC",
      "--- FAIL: BenchmarkC-2",
      "    bad",
      "FAIL",
    ),
    results: [
      'BenchmarkA pass "BenchmarkA\\nBenchmarkA-2\\t1\\t5 ns/op\\n    log\\n"',
      'BenchmarkB pass "BenchmarkB\\n"',
      'BenchmarkB/s skip "BenchmarkB/s\\n    no\\n"',
      'BenchmarkC fail "BenchmarkC\\n    bad\\n"',
    ],
  },
  "a test that is run twice and failed once": {
    written: lines(
      "^=== RUN   TestA",
      "^--- FAIL: TestA (0.00s)",
      "^=== NAME  ",
      "^=== RUN   TestA",
      "^--- PASS: TestA (0.00s)",
      "^--- SKIP: TestA (0.00s)",
      "^FAIL",
    ),
    seen: lines(
      "=== RUN   TestA",
      "--- FAIL: TestA (0.00s)",
      "=== RUN   TestA",
      "--- PASS: TestA (0.00s)",
      "--- SKIP: TestA (0.00s)",
      "FAIL",
    ),
    results: ['TestA fail "--- SKIP: TestA (0.00s)\\n"'],
  },
  "a subtest that ended when its test did not": {
    written: lines("^=== RUN   TestA", "^=== RUN   TestA/s", "^--- PASS: TestA/s (0.00s)", "^=== NAME  TestA").concat("  "),
    seen: lines("=== RUN   TestA", "=== RUN   TestA/s").concat("  ", lines("    --- PASS: TestA/s (0.00s)")),
    results: ['TestA fail "  "', 'TestA/s pass ""'],
  },
};

describe("What a test binary writes", () => {
  for (const [rule, { written, seen, results: expected }] of Object.entries(cases)) {
    it(`is shown and read, however it is cut: ${rule}`, async () => {
      const bytes = marked(written);
      assert.equal(shown(bytes), seen);
      assert.deepEqual(await results(stdout(bytes)), expected);
      for (let size = 1; size < bytes.length; size++) {
        const chunks = [...piecesOf(bytes, size)];
        assert.equal(shown(...chunks), seen, `in pieces of ${size}`);
        assert.deepEqual(await results(...chunks.map(stdout)), expected, `in pieces of ${size}`);
        const [before, after] = [bytes.subarray(0, size), bytes.subarray(size)];
        assert.equal(shown(before, after), seen, `cut at ${size}`);
        assert.deepEqual(await results(stdout(before), stdout(after)), expected, `cut at ${size}`);
      }
    });
  }

  it("is no line of Go's when it is longer than any of Go's", async () => {
    const long = `=== RUN   ${"x".repeat(5000)}\n`;
    assert.equal(shown(marked(`^${long}`)), long);
    assert.deepEqual(await results(stdout(marked(`^${long}`))), []);
  });

  it("gives a panic to the test that panicked, whichever stream comes first", async () => {
    const verdicts = stdout(
      marked(lines("^=== RUN   TestA", "^=== RUN   TestA/s", "^--- FAIL: TestA/s (0.00s)", "^--- FAIL: TestA (0.00s)")),
    );
    const panic = stderr("panic: oh\n\ngoroutine 1\n");
    const expected = ['TestA fail ""', 'TestA/s fail "panic: oh\\n\\ngoroutine 1\\n"'];
    assert.deepEqual(await results(verdicts, panic), expected);
    assert.deepEqual(await results(panic, verdicts), expected);
  });
});

function* piecesOf(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
