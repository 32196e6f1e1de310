import type { Execution, ExecutionRequest } from "../domain/execution.js";
import { splitProgramText } from "../domain/program-text.js";
import { type Report, reportWith } from "../domain/report.js";
import { checkCode } from "../domain/snippet.js";
import type { CodeExecutor, ExecuteOptions } from "../ports/code-executor.js";
import type { Metrics } from "../ports/metrics.js";
import { type Turns, withoutTurns } from "../ports/turns.js";
import { decodeInSlices } from "./in-slices.js";

/** What came of running a snippet: for people (`output`, `error`) and in full. */
export interface CodeRun extends Report {
  execution: Execution;
}

/** Executes a snippet, which may be several files in one text ({@link splitProgramText}): no input, the real clock. */
export class RunCode {
  readonly #executor: CodeExecutor;
  readonly #metrics: Metrics;
  readonly #turns: Turns;

  constructor(ports: { executor: CodeExecutor; metrics: Metrics; turns?: Turns }) {
    this.#executor = ports.executor;
    this.#metrics = ports.metrics;
    this.#turns = ports.turns ?? withoutTurns;
  }

  /** @throws RunnerError INVALID_ARGUMENT for code that {@link checkCode} or {@link splitProgramText} refuses, and whatever the executor throws. */
  async execute(command: { code: string; caller?: string }, options: ExecuteOptions = {}): Promise<CodeRun> {
    checkCode(command.code);
    const execution = await this.#executor.execute(snippetRequest(command), options);
    this.#metrics.executionEnded(execution);
    const stdout = await decodeInSlices(execution.stdout, this.#turns);
    const stderr = await decodeInSlices(execution.stderr, this.#turns);
    return { ...reportWith(execution, { stdout, stderr }), execution };
  }
}

function snippetRequest(command: { code: string; caller?: string }): ExecutionRequest {
  return {
    files: splitProgramText(command.code),
    mode: "run",
    clock: "real",
    ...(command.caller === undefined ? {} : { caller: command.caller }),
  };
}
