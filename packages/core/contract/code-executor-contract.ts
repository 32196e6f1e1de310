import type { CodeExecutor } from "@gorunner/core";
import { cancellation } from "./code-executor/cancellation.js";
import { capacity, unavailability } from "./code-executor/capacity.js";
import { fakeClock } from "./code-executor/fake-clock.js";
import { inputs } from "./code-executor/inputs.js";
import { outcomes } from "./code-executor/outcomes.js";
import { output } from "./code-executor/output.js";
import { type ExecutorGaps, refusals } from "./code-executor/refusals.js";
import { sourceTrees } from "./code-executor/source-trees.js";
import { benchmarkResults, testResults, testTimes } from "./code-executor/test-results.js";
import { benchmarks, tests } from "./code-executor/tests.js";
import { vet } from "./code-executor/vet.js";
import { casesOn, type It, type Opened } from "./suite.js";

/**
 * Every rule of {@link CodeExecutor}. `open` gives an executor that runs at least two programs at once and allows at
 * least 128 MiB of memory, 64 KiB of output and 2 s of run time; cases don't disturb each other, so it may be the same
 * one each time.
 */
export function codeExecutorContract(
  it: It,
  open: () => Promise<Opened<CodeExecutor>>,
  options: ExecutorGaps & ExecutorSurroundings = {},
): void {
  const { openSmall, openUnavailable, ...gaps } = options;
  const check = casesOn(it, open);
  outcomes(check);
  inputs(check);
  sourceTrees(check);
  output(check);
  cancellation(check);
  if (gaps.fakeClock === undefined) fakeClock(check);
  if (gaps.testMode === undefined) {
    tests(check);
    testResults(check);
    if (gaps.fakeClock === undefined) testTimes(check);
  }
  if (gaps.benchMode === undefined) {
    benchmarks(check);
    benchmarkResults(check);
  }
  if (gaps.vet === undefined) vet(check);
  refusals(check, gaps);
  if (openSmall !== undefined) capacity(casesOn(it, openSmall));
  if (openUnavailable !== undefined) unavailability(casesOn(it, openUnavailable));
}

/** Executors in special places. */
export interface ExecutorSurroundings {
  /** One that runs one program at once and lets one more wait. Absent for an executor without a queue. */
  openSmall?: () => Promise<Opened<CodeExecutor>>;
  /** One whose toolchain or sandbox is gone, or that has been closed. */
  openUnavailable?: () => Promise<Opened<CodeExecutor>>;
}

export type { ExecutorGaps };
