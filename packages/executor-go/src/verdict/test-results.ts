/**
 * What a test binary said of each test, by the lines that Go's testing package marks as its own.
 *
 * What can't be told: whether a marked line was Go's or the program's, of a test that runs or is to run still (so it is
 * with Go's own tool); of what tests print in parallel, whose it was; of a panic in a goroutine, which test started it; and of
 * what print and println write just where the turn changes, before or after: stderr is a pipe of its own.
 */
import type { OutputEvent, TestResult } from "@gorunner/core";
import { partsOf, type Slices } from "../text/slices.js";
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
export async function testResultsFrom(events: OutputEvent[], packagePath: string, slices: Slices): Promise<TestResult[]> {
  const results = new Results();
  const marks = new TestMarks();
  let stderrLeft = await lastWordsAt(events, slices);
  const lastWords: Buffer[] = [];
  for (const { stream, data } of events) {
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    if (stream === "stdout") {
      for (const part of partsOf(bytes)) {
        for (const piece of marks.take(part)) results.take(piece);
        await slices.worked(part.length);
      }
      continue;
    }
    const before = bytes.subarray(0, stderrLeft);
    stderrLeft -= before.length;
    results.print(before);
    lastWords.push(bytes.subarray(before.length));
    await slices.worked(0);
  }
  for (const piece of marks.end()) results.take(piece);
  results.print(Buffer.concat(lastWords));
  return results.all(packagePath, slices);
}

/**
 * Where in stderr a program's last words begin. They belong to the test whose turn it was at the end: so close together
 * the two streams may come here in another order than they were written in.
 */
async function lastWordsAt(events: OutputEvent[], slices: Slices): Promise<number> {
  const written: Uint8Array[] = [];
  for (const { stream, data } of events) {
    if (stream === "stderr") written.push(data);
    await slices.worked(0);
  }
  const stderr = Buffer.concat(written).toString("latin1");
  const [panic, fatalError] = [lastLineThatStarts(stderr, "panic: "), lastLineThatStarts(stderr, "fatal error: ")];
  return Math.max(panic, fatalError) === -1 ? stderr.length : Math.max(panic, fatalError);
}

function lastLineThatStarts(text: string, start: string): number {
  const at = text.lastIndexOf(`\n${start}`);
  return at !== -1 ? at + 1 : text.startsWith(start) ? 0 : -1;
}

class Results {
  readonly #tests = new Map<string, Test>();
  /** Those that run: one and what it is part of. */
  readonly #benchmarks: Test[] = [];
  #current: Test | undefined;

  take({ kind, data }: Piece): void {
    const line = kind === "line" ? testLineOf(data) : undefined;
    if (line === undefined || !this.#follow(line)) this.print(data);
  }

  print(data: Buffer): void {
    this.#current?.output.push(data);
  }

  async all(packagePath: string, slices: Slices): Promise<TestResult[]> {
    const all: TestResult[] = [];
    for (const { name, status = "fail", hasFailed, elapsedMs, output } of this.#tests.values()) {
      const text = Buffer.concat(output).toString("utf8");
      all.push({ package: packagePath, name, status: hasFailed ? "fail" : status, elapsedMs, output: text });
      await slices.worked(text.length);
    }
    return all;
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
    // Each is part of the one before it: from the first on that `next` is part of, it is part of all.
    for (let last = this.#benchmarks.at(-1); last !== undefined && !isBeneath(next, last.name); last = this.#benchmarks.at(-1)) {
      last.status ??= "pass";
      this.#benchmarks.pop();
    }
  }
}

/** `BenchmarkA-8` is the verdict of `BenchmarkA`. */
function withoutProcessors(name: string): string {
  const dash = isBenchmark(name) ? name.lastIndexOf("-") : -1;
  return dash !== -1 && digits.test(name.slice(dash + 1)) ? name.slice(0, dash) : name;
}

const digits = /^\d{1,10}$/;
