/** `gorunner run FILE|-`: one program through the engine, as if it were a program of this machine. */
import {
  type Execution,
  type ExecutionRequest,
  type OutputEvent,
  RunnerError,
  reportOf,
  silentMetrics,
  type TestResult,
} from "@gorunner/core";
import { GoExecutor, maxStdinBytes } from "@gorunner/executor-go";
import { type CommandContext, configure, tell, write } from "./command-context.js";
import { ProgressLogger } from "./progress-logger.js";
import { readInput, readProgram } from "./read-program.js";

export interface RunOptions {
  config?: string;
  test?: boolean;
  bench?: boolean;
  fakeClock?: boolean;
  vet?: boolean;
}

/** What a shell says of a process that a signal ended: 128 + its number. */
const interruptedBy = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** @param args the program's. @returns the program's own exit code, or 1 when it did not come to have one. @throws UsageError, ConfigError, RunnerError. */
export async function run(context: CommandContext, file: string, args: string[], options: RunOptions): Promise<number> {
  const { config, warnings } = await configure(context, options);
  for (const warning of warnings) await tell(context, `configuration: ${warning}`);
  const files = await readProgram(context, file, config.executor.sourceBytes);
  const stdin = await readInput(context, file, maxStdinBytes);

  using progress = new ProgressLogger((message) => context.stderr.write(`gorunner: ${message}\n`));
  const executor = new GoExecutor({
    ...config.executor,
    concurrency: 1,
    warmSandboxes: 0,
    queue: 0,
    // Whoever reads this, perhaps page by page, may take all day.
    handlerTimeoutMs: 24 * 60 * 60 * 1000,
    logger: progress,
    metrics: silentMetrics,
  });
  using interruption = new Interruption();
  try {
    // Its failure is what `execute` rejects with.
    executor.prepare().then(
      () => progress.done(),
      () => progress.done(),
    );
    const onEvent = (event: OutputEvent) => print(context, event, interruption);
    const request: ExecutionRequest = {
      ...{ files, stdin, args, mode: options.bench ? "bench" : options.test ? "test" : "run" },
      ...{ clock: options.fakeClock ? "fake" : "real", vet: options.vet ?? false },
    };
    const execution = await executor.execute(request, { signal: interruption.signal, onEvent });
    await conclude(context, execution);
    return exitCodeOf(execution);
  } catch (error) {
    if (interruption.exitCode !== undefined) return interruption.exitCode;
    throw error;
  } finally {
    await executor.close();
  }
}

/** Ends the run when a signal comes, or when nobody reads its output any more. */
class Interruption implements Disposable {
  readonly #controller = new AbortController();
  readonly #onSignal = (signal: NodeJS.Signals) => this.end(interruptedBy[signal as keyof typeof interruptedBy] ?? 1);
  exitCode: number | undefined;

  constructor() {
    for (const signal of Object.keys(interruptedBy)) process.on(signal, this.#onSignal);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  end(exitCode: number): void {
    this.exitCode ??= exitCode;
    this.#controller.abort(new RunnerError("CANCELLED", "interrupted"));
  }

  [Symbol.dispose](): void {
    for (const signal of Object.keys(interruptedBy)) process.off(signal, this.#onSignal);
  }
}

async function print(context: CommandContext, { stream, data }: OutputEvent, interruption: Interruption): Promise<void> {
  try {
    await write(context[stream], data);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EPIPE")) throw error;
    interruption.end(1);
  }
}

/** What the program could not print itself: the toolchain's messages, where it was when its time was up, how it ended if not well. */
async function conclude(context: CommandContext, execution: Execution): Promise<void> {
  const wasBuilt = execution.outcome === "ok" || execution.timings.runMs > 0 || execution.events.length > 0;
  for (const { file, line, column, message } of execution.vet ?? []) {
    await write(context.stderr, `vet: ${[file, line, column].filter((part) => part !== undefined).join(":")}: ${message}\n`);
  }
  const summary = summaryOf(execution.tests ?? []);
  if (summary !== "") await write(context.stderr, `tests: ${summary}\n`);
  if (execution.goroutines !== undefined) await write(context.stderr, execution.goroutines);
  const { error } = reportOf(wasBuilt ? { ...execution, stderr: new Uint8Array() } : execution);
  if (error !== "") await write(context.stderr, error.endsWith("\n") ? error : `${error}\n`);
}

/** How many; of each one the output has told already. */
function summaryOf(tests: TestResult[]): string {
  const count = (status: TestResult["status"]) => tests.filter((test) => test.status === status).length;
  const counts = { passed: count("pass"), failed: count("fail"), skipped: count("skip") };
  return Object.entries(counts)
    .filter(([, number]) => number > 0)
    .map(([what, number]) => `${number} ${what}`)
    .join(", ");
}

const exitCodeOf = ({ outcome, exitCode }: Execution) => (outcome === "ok" ? 0 : outcome === "exit_error" ? (exitCode ?? 1) : 1);
