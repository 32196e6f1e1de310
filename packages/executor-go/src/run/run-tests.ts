/** Runs a program's tests: the test binary of each package in a sandbox of its own, within the limits of one execution. */
import { encodeUtf8, type Limits, type OutputEvent, type TestResult } from "@gorunner/core";
import type { BuiltProgram, Product } from "../build/product.js";
import { Slices } from "../text/slices.js";
import { testResultsFrom } from "../verdict/test-results.js";
import { maxEvents } from "./output.js";
import { type RunRequest, type RunResult, runProgram } from "./run-program.js";
import type { RunSandbox } from "./run-sandbox.js";
import { VerboseEvents } from "./verbose-events.js";

export interface TestsRequest extends Omit<RunRequest, "args" | "directory"> {
  product: Product;
}

export interface TestsResult extends RunResult {
  tests: TestResult[];
}

/**
 * The product is at `sandbox.product`; further sandboxes come from `more` and are discarded here. After an outcome that is neither a pass nor a failed test no further one runs.
 */
export async function runTests(sandbox: RunSandbox, more: () => Promise<RunSandbox>, request: TestsRequest): Promise<TestsResult> {
  const { product } = request;
  const [only, ...others] = product.programs;
  if (only === undefined) throw new Error("a test product without programs");
  if (others.length === 0) {
    await sandbox.install(sandbox.product, product, 0, request.signal);
    return testPackage(sandbox, only, request);
  }
  let all: TestsResult | undefined;
  let free: RunSandbox | undefined = sandbox;
  for (const [index, program] of product.programs.entries()) {
    const before = all;
    const onEvent = request.onEvent && ((event: OutputEvent) => request.onEvent?.(shifted(event, before)));
    // As many pieces in all as one program may have; each package adds one to each stream.
    const maxPieces = Math.max(2, maxEvents - (before?.events.length ?? 0));
    const run = { ...request, onEvent, maxPieces, limits: left(request.limits, before) };
    const isOver = before !== undefined && before.outcome !== "ok" && before.outcome !== "exit_error";
    if (isOver || program.unbuilt !== undefined) {
      all = await joined(before, await withoutRun(program, run), new Slices(request.turns));
      continue;
    }
    const own: RunSandbox = free ?? (await more());
    free = undefined;
    try {
      await own.install(sandbox.product, product, index, request.signal);
      const result = await testPackage(own, program, run);
      const summary = summaryOf(program, result);
      await onEvent?.(summary);
      all = await joined(before, withSummary(result, summary), new Slices(request.turns));
    } finally {
      if (own !== sandbox) await own.discard();
    }
  }
  if (all === undefined) throw new Error("no test was run");
  return all;
}

/** What is told of a package whose tests could not be built, or are not run any more. */
async function withoutRun({ package: path, unbuilt }: BuiltProgram, { limits, onEvent }: TestsRequest): Promise<TestsResult> {
  const stderr = encodeUtf8(unbuilt?.output ?? "").subarray(0, limits.outputBytes);
  const stdout = encodeUtf8(`FAIL\t${path} [${unbuilt === undefined ? "not run" : "build failed"}]\n`);
  const all: OutputEvent[] = [
    { stream: "stderr", data: stderr, timeNs: 0n },
    { stream: "stdout", data: stdout, timeNs: 0n },
  ];
  const events = all.filter(({ data }) => data.length > 0);
  for (const event of events) await onEvent?.(event);
  const usage = { cpuMs: 0, peakMemoryBytes: 0 };
  return { outcome: "exit_error", exitCode: 1, stdout, stderr, events, droppedBytes: 0, usage, runMs: 0, tests: [] };
}

async function testPackage(sandbox: RunSandbox, program: BuiltProgram, run: TestsRequest): Promise<TestsResult> {
  const flags = ["-test.paniconexit0", "-test.v=test2json", ...(run.request.mode === "bench" ? ["-test.bench=."] : [])];
  const args = [...flags, ...(run.request.args ?? []).filter((arg) => !verbosity.test(arg))];
  const { onEvent } = run;
  const slices = new Slices(run.turns);
  const live = new VerboseEvents(slices);
  const show = (event: OutputEvent | undefined) => event && onEvent?.(event);
  const result = await runProgram(sandbox, {
    ...run,
    args,
    directory: program.directory,
    onEvent: onEvent && (async (event) => show(await live.take(event))),
  });
  await show(live.end());
  const all = new VerboseEvents(slices);
  const events: OutputEvent[] = [];
  const keep = (event: OutputEvent | undefined) => event && events.push(event);
  for (const event of result.events) keep(await all.take(event));
  keep(all.end());
  const stdout = Buffer.concat(events.filter(({ stream }) => stream === "stdout").map(({ data }) => data));
  return { ...result, stdout, events, tests: await testResultsFrom(result.events, program.package, slices) };
}

/** The results are read from what this flag says. Under it Go makes os.Stderr one with os.Stdout, as `go test` does. */
const verbosity = /^--?test\.v(=|$)/;

/** What the packages before have left of the limits. */
function left(limits: Limits, used: TestsResult | undefined): Limits {
  if (used === undefined) return limits;
  const written = used.stdout.length + used.stderr.length;
  return {
    ...limits,
    runTimeoutMs: remaining(limits.runTimeoutMs, used.runMs),
    outputBytes: remaining(limits.outputBytes, written),
    ...(limits.cpuMs === undefined ? {} : { cpuMs: remaining(limits.cpuMs, used.usage.cpuMs) }),
  };
}

const remaining = (limit: number, used: number) => Math.max(1, Math.floor(limit - used));

/** The line by which `go test` ends a package, so that a reader of several can tell them apart. */
function summaryOf({ package: path }: BuiltProgram, result: TestsResult): OutputEvent {
  const { outcome, runMs } = result;
  const verdict = outcome === "ok" ? "ok  " : "FAIL";
  const data = encodeUtf8(`${verdict}\t${path}\t${(runMs / 1000).toFixed(3)}s\n`);
  return { stream: "stdout", data, timeNs: endNs(result) };
}

const nanoseconds = (milliseconds: number) => BigInt(Math.round(milliseconds * 1e6));

function withSummary(result: TestsResult, summary: OutputEvent): TestsResult {
  result.events.push(summary);
  return { ...result, stdout: Buffer.concat([result.stdout, summary.data]) };
}

const shifted = (event: OutputEvent, before: TestsResult | undefined): OutputEvent =>
  before === undefined ? event : { ...event, timeNs: event.timeNs + endNs(before) };

/** Under the fake clock a run is as long as its program thinks. */
const endNs = ({ runMs, events }: RunResult) => maxNs(nanoseconds(runMs), events.at(-1)?.timeNs ?? 0n);

const maxNs = (one: bigint, other: bigint) => (one > other ? one : other);

/** Two packages' results as one; what went wrong first is what went wrong, unless it was less than what ends all. */
async function joined(before: TestsResult | undefined, next: TestsResult, slices: Slices): Promise<TestsResult> {
  if (before === undefined) return next;
  const { events } = before;
  const startNs = endNs(before);
  for (const event of next.events) {
    events.push({ ...event, timeNs: event.timeNs + startNs });
    await slices.worked(0);
  }
  const goroutines = next.goroutines ?? before.goroutines;
  const isDecided = before.outcome !== "ok" && (next.outcome === "ok" || next.outcome === "exit_error");
  const { outcome, exitCode, signal, inferred } = isDecided ? before : next;
  return {
    outcome,
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(signal === undefined ? {} : { signal }),
    ...(inferred === undefined ? {} : { inferred }),
    ...(goroutines === undefined ? {} : { goroutines }),
    stdout: Buffer.concat([before.stdout, next.stdout]),
    stderr: Buffer.concat([before.stderr, next.stderr]),
    events,
    droppedBytes: before.droppedBytes + next.droppedBytes,
    usage: {
      cpuMs: before.usage.cpuMs + next.usage.cpuMs,
      peakMemoryBytes: Math.max(before.usage.peakMemoryBytes, next.usage.peakMemoryBytes),
    },
    runMs: before.runMs + next.runMs,
    tests: [...before.tests, ...next.tests],
  };
}
