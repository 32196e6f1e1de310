/** `gorunner run FILE|-`: one snippet through the engine, as if it were a program of this machine. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Readable } from "node:stream";
import { type Execution, type OutputEvent, RunnerError, reportOf, silentMetrics } from "@gorunner/core";
import { GoExecutor } from "@gorunner/executor-go";
import { type CommandContext, configure, tell, UsageError, write } from "./command-context.js";
import { ProgressLogger } from "./progress-logger.js";

export interface RunOptions {
  config?: string;
}

/** What a shell says of a process that a signal ended: 128 + its number. */
const interruptedBy = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** @returns the program's own exit code, or 1 when it did not come to have one. @throws UsageError, ConfigError, RunnerError. */
export async function run(context: CommandContext, file: string, options: RunOptions): Promise<number> {
  const { config, warnings } = await configure(context, options);
  for (const warning of warnings) await tell(context, `configuration: ${warning}`);
  const content = await readSource(context, file, config.executor.sourceBytes);

  using progress = new ProgressLogger((message) => context.stderr.write(`gorunner: ${message}\n`));
  const executor = new GoExecutor({
    ...config.executor,
    concurrency: 1,
    warmSandboxes: 0,
    queue: 0,
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
    const execution = await executor.execute(
      { files: [{ path: "prog.go", content }], mode: "run", clock: "real" },
      { signal: interruption.signal, onEvent },
    );
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

/** What the program could not print itself: the compiler's messages, and how it ended if not well. */
async function conclude(context: CommandContext, execution: Execution): Promise<void> {
  const wasBuilt = execution.outcome === "ok" || execution.timings.runMs > 0 || execution.events.length > 0;
  const { error } = reportOf(wasBuilt ? { ...execution, stderr: new Uint8Array() } : execution);
  if (error !== "") await write(context.stderr, error.endsWith("\n") ? error : `${error}\n`);
}

const exitCodeOf = ({ outcome, exitCode }: Execution) => (outcome === "ok" ? 0 : outcome === "exit_error" ? (exitCode ?? 1) : 1);

async function readSource(context: CommandContext, file: string, maxBytes: number): Promise<Uint8Array> {
  if (file === "-") return readAll(context.stdin, maxBytes);
  try {
    return await readFile(resolve(context.directory, file));
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    const why = error.code === "ENOENT" ? "there is no such file" : `it can't be read (${error.code})`;
    throw new UsageError(`${file}: ${why}`, { cause: error });
  }
}

/** All of a stream, or enough of it for the executor to say that it is too much. */
async function readAll(stream: Readable, maxBytes: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk);
    chunks.push(bytes);
    length += bytes.length;
    if (length > maxBytes) break;
  }
  return Buffer.concat(chunks);
}
