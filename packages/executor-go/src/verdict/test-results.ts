/**
 * What a test binary said of each test, by the lines that Go's testing package marks as its own.
 *
 * What can't be told: whether a marked line was Go's or the program's, of a test that runs or is to run still (so it is
 * with Go's own tool); of what tests print in parallel, whose it was; of a panic in a goroutine, which test started it; and of
 * what print and println write just where the turn changes, before or after: stderr is a pipe of its own.
 */
import type { OutputEvent, TestResult } from "@gorunner/core";
import { isBenchmark, isBeneath, type TestLine, testLineOf } from "./test-lines.js";
import { type Piece, TestMarks } from "./test-marks.js";

interface Test {
  name: string;
  /** Absent while it runs. */
  status?: TestResult["status"];
  /** In a run before, under `-test.count`. */
  hasFailed: boolean;
  elapsedMs: number;
  output: Buffer[];
}

const statusOf = { PASS: "pass", FAIL: "fail", SKIP: "skip" } as const;

/** The results in the order in which the tests started. A test that never said how it ended has failed. */
export function testResultsFrom(events: OutputEvent[], packagePath: string): TestResult[] {
  const results = new Results();
  const marks = new TestMarks();
  let stderrLeft = lastWordsAt(events);
  const lastWords: Buffer[] = [];
  for (const { stream, data } of events) {
    const bytes = Buffer.from(data);
    if (stream === "stdout") {
      for (const piece of marks.take(bytes)) results.take(piece);
      continue;
    }
    const before = bytes.subarray(0, stderrLeft);
    stderrLeft -= before.length;
    results.print(before);
    lastWords.push(bytes.subarray(before.length));
  }
  for (const piece of marks.end()) results.take(piece);
  results.print(Buffer.concat(lastWords));
  return results.all(packagePath);
}

/**
 * Where in stderr a program's last words begin. They belong to the test whose turn it was at the end: so close together
 * the two streams may come here in another order than they were written in.
 */
function lastWordsAt(events: OutputEvent[]): number {
  const stderr = Buffer.concat(events.filter(({ stream }) => stream === "stderr").map(({ data }) => data)).toString("latin1");
  const last = [...stderr.matchAll(/^(?:panic|fatal error): /gm)].at(-1);
  return last?.index ?? stderr.length;
}

class Results {
  readonly #tests = new Map<string, Test>();
  /** Those that run: one and what it is part of. */
  #benchmarks: Test[] = [];
  #current: Test | undefined;

  take({ kind, data }: Piece): void {
    const line = kind === "line" ? testLineOf(data) : undefined;
    if (line === undefined || !this.#follow(line)) this.print(data);
  }

  print(data: Buffer): void {
    this.#current?.output.push(data);
  }

  all(packagePath: string): TestResult[] {
    return [...this.#tests.values()].map(({ name, status = "fail", hasFailed, elapsedMs, output }) => ({
      package: packagePath,
      name,
      status: hasFailed ? "fail" : status,
      elapsedMs,
      output: Buffer.concat(output).toString("utf8"),
    }));
  }

  /** @returns false for a line that can't be Go's. */
  #follow(line: TestLine): boolean {
    if (line.kind === "verdict") return this.#end(line);
    if (line.kind === "end") this.#passBenchmarks("");
    if (line.kind === "turn" && line.what === "RUN") this.#start(line.name);
    else this.#current = line.kind === "turn" ? this.#owner(line.name) : undefined;
    return true;
  }

  /** A benchmark that is run several times says after each that it is nobody's turn. */
  #owner(name: string): Test | undefined {
    const isBetweenRuns = name === "" && this.#current !== undefined && isBenchmark(this.#current.name);
    return isBetweenRuns ? this.#current : this.#tests.get(name);
  }

  #start(name: string): void {
    this.#passBenchmarks(name);
    const test: Test = this.#tests.get(name) ?? { name, hasFailed: false, elapsedMs: 0, output: [] };
    test.hasFailed ||= test.status === "fail";
    delete test.status;
    this.#tests.set(name, test);
    if (isBenchmark(name)) this.#benchmarks.push(test);
    this.#current = test;
  }

  /** The first verdict stands: the test's own code has ended by then, and others have no say. */
  #end({ word, name, elapsedMs }: TestLine & { kind: "verdict" }): boolean {
    const test = this.#tests.get(name) ?? this.#tests.get(withoutProcessors(name));
    if (test === undefined || test.status !== undefined) return false;
    const isPanicking = word === "FAIL" && this.#current?.status === "fail" && isBeneath(this.#current.name, test.name);
    // A panic is told after the verdicts of the test and of those that it is part of.
    if (!isPanicking) this.#current = test;
    if (word === "BENCH") return true;
    test.status = statusOf[word];
    test.elapsedMs = elapsedMs;
    return true;
  }

  /** Go says nothing of a benchmark's success but that it goes on to another (`next`) or ends. */
  #passBenchmarks(next: string): void {
    for (const test of this.#benchmarks) {
      if (!isBeneath(next, test.name)) test.status ??= "pass";
    }
    this.#benchmarks = this.#benchmarks.filter(({ status }) => status === undefined);
  }
}

const withoutProcessors = (name: string) => (isBenchmark(name) ? name.replace(/-\d+$/, "") : name);
