/** What a test binary said of each test (`-test.v`), by its own lines; see cmd/internal/test2json in Go's source. */
import type { TestResult } from "@gorunner/core";

interface Running {
  status?: TestResult["status"];
  elapsedMs: number;
  output: string;
}

/** `=== RUN   TestX`, also PAUSE, CONT and NAME: whose output follows. */
const turn = /^=== (RUN|PAUSE|CONT|NAME) +(\S*)$/;
/** Not always at the start of a line: a test may have printed something without an end of line before. */
const verdict = /^(.*?) *--- (PASS|FAIL|SKIP|BENCH): (\S+) \((\d+(?:\.\d+)?)s\)$/;
const benchmark = /^(Benchmark[^\s-]*(?:\/\S*?)?)(?:-\d+)?\s+\d+\t.*ns\/op/;

/** What belongs to no test: the end, and what comes before benchmarks. */
const epilogue = /^(PASS|FAIL|goos: \w+)$/;

const statusOf = { PASS: "pass", FAIL: "fail", SKIP: "skip", BENCH: "pass" } as const;

/** The results in the order in which the tests started. A test that never said how it ended has failed. */
export function testResultsFrom(output: string, packagePath: string): TestResult[] {
  const tests = new Map<string, Running>();
  let current: Running | undefined;
  const named = (name: string) => {
    const known = tests.get(name) ?? { elapsedMs: 0, output: "" };
    tests.set(name, known);
    return known;
  };
  for (const line of output.split(/(?<=\n)/)) {
    const text = line.replace(/\r?\n$/, "");
    const begun = turn.exec(text);
    const ended = verdict.exec(text);
    const measured = benchmark.exec(text);
    if (begun !== null) {
      const [, what, name = ""] = begun;
      current = name === "" || (what !== "RUN" && !tests.has(name)) ? undefined : named(name);
    } else if (ended !== null && isKnown(ended, tests)) {
      const [, before = "", word = "PASS", name = "", seconds = "0"] = ended;
      if (current !== undefined) current.output += before;
      current = named(name);
      current.status = statusOf[word as keyof typeof statusOf];
      current.elapsedMs = Number(seconds) * 1000;
    } else if (measured !== null) {
      const result = named(measured[1] ?? "");
      result.status ??= "pass";
      result.output += line;
    } else if (epilogue.test(text)) {
      current = undefined;
    } else if (current !== undefined) {
      current.output += line;
    }
  }
  return [...tests].map(([name, { status = "fail", elapsedMs, output }]) => ({ package: packagePath, name, status, elapsedMs, output }));
}

/** A benchmark's verdict (`--- BENCH`, `--- FAIL`) comes without a `=== RUN`. */
const isKnown = (ended: RegExpExecArray, tests: Map<string, Running>) =>
  tests.has(ended[3] ?? "") || (ended[3] ?? "").startsWith("Benchmark");
