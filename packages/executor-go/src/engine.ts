/** Build and run, on a host that has been prepared: the part of an execution that comes after its turn has come. */
import type { CancelSignal, ExecuteOptions, Execution, ExecutionRequest, Formatted, Limits } from "@gorunner/core";
import { encodeUtf8 } from "@gorunner/core";
import type { FailedBuild } from "./build/build-program.js";
import { Builder, type BuilderOptions } from "./build/builder.js";
import type { Product } from "./build/product.js";
import type { FormatWork } from "./format/format-program.js";
import { type Attempt, type Attempted, buildWithModules, type Spent } from "./modules/build-with-modules.js";
import type { FailedFetch } from "./modules/fetch-outcome.js";
import type { ModuleFetcher } from "./modules/module-fetcher.js";
import type { StepOut } from "./pool/admission.js";
import { WarmPool } from "./pool/warm-pool.js";
import { type RunRequest, type RunResult, runProgram } from "./run/run-program.js";
import { RunSandbox } from "./run/run-sandbox.js";
import { runTests } from "./run/run-tests.js";
import { isExact } from "./sandbox/tier.js";

export interface EngineOptions extends Omit<BuilderOptions, "modules"> {
  /** Absent: modules are off. */
  fetcher: ModuleFetcher | undefined;
  /** The limits of an execution that asks for none; sandboxes are started ahead for these. */
  limits: Limits;
}

export interface EngineRequest {
  request: ExecutionRequest;
  limits: Limits;
  queueMs: number;
  /** How many processors the build may keep busy. */
  processors: number;
  onEvent?: ExecuteOptions["onEvent"];
  /** Gives up this execution's place while its modules are fetched. */
  stepOut: StepOut;
  signal: CancelSignal;
}

export interface EngineResult {
  execution: Execution;
  /** Resolves when the sandbox and its files are gone too; the program is dead already. Never rejects. */
  cleared: Promise<void>;
}

export class Engine {
  readonly #options: EngineOptions;
  readonly #builder: Builder;
  readonly #runs: WarmPool<RunSandbox>;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#builder = new Builder({ ...options, modules: options.fetcher === undefined ? "off" : "on" });
    this.#runs = new WarmPool({
      name: "run",
      size: options.warm,
      make: () => RunSandbox.start(options, options.limits.diskBytes),
      isUsable: ({ sandbox }) => sandbox.isAlive,
      discard: (run) => run.discard(),
      idleMs: options.idleMs,
      logger: options.logger,
    });
  }

  /** @throws RunnerError as the builder, the fetcher and the sandboxes do; all has then been cleared. */
  async execute(work: EngineRequest): Promise<EngineResult> {
    const { request, stepOut, signal } = work;
    const result = await buildWithModules(this.#options, { source: request, stepOut, signal }, (attempt) => this.#attempt(work, attempt));
    if (result.outcome === "done") return result.done;
    const { fetch, spent } = result;
    return { execution: this.#unbuilt(work, fetch, spent), cleared: Promise.resolve() };
  }

  /** @throws RunnerError as the builder does; all has then been cleared. */
  format(work: FormatWork): Promise<Formatted> {
    return this.#builder.format(work);
  }

  /** Gives up the build sandboxes that were started ahead, for others that are to be better. */
  renew(): void {
    this.#builder.renew();
  }

  /** Starts sandboxes ahead; to be called when nobody waits. */
  refill(): void {
    this.#runs.refill();
    this.#builder.refill();
  }

  async close(): Promise<void> {
    await Promise.all([this.#runs.close(), this.#builder.close(), this.#options.fetcher?.close()]);
  }

  async #attempt(work: EngineRequest, attempt: Attempt): Promise<Attempted<EngineResult>> {
    const sandbox = await this.#takeRun(work.limits, work.signal);
    try {
      const attempted = await this.#buildAndRun(sandbox, work, attempt);
      if (attempted.outcome === "needs_modules") {
        await sandbox.discard();
        return attempted;
      }
      const cleared = sandbox
        .discard()
        .catch((error: unknown) => this.#options.logger.warn("a sandbox could not be cleared", { err: error }));
      return { outcome: "done", done: { execution: attempted.done, cleared } };
    } catch (error) {
      await sandbox.discard();
      throw error;
    }
  }

  async #buildAndRun(sandbox: RunSandbox, work: EngineRequest, { source, modules, spent }: Attempt): Promise<Attempted<Execution>> {
    const { limits, processors, signal, onEvent } = work;
    const start = performance.now();
    const request = { source, limits, processors, signal, ...(modules === undefined ? {} : { modules }) };
    const build = await this.#builder.build(request, sandbox.destination);
    const buildMs = performance.now() - start;
    if (build.outcome === "needs_modules") return { outcome: "needs_modules", buildMs };
    const all = { ...spent, buildMs: spent.buildMs + buildMs };
    if (build.outcome !== "ok") return { outcome: "done", done: this.#unbuilt(work, build, all) };
    const exact = isExact(this.#options.tier);
    const run = { request: source, limits, exact, signal, onEvent, turns: this.#options.turns };
    const { product } = build;
    const { runMs, ...told } = product.tests
      ? await runTests(sandbox, () => this.#takeRun(limits, signal), { ...run, product })
      : await runOnly(sandbox, product, run);
    const { vet, programs } = product;
    const diagnostics = programs.flatMap(({ unbuilt }) => unbuilt?.diagnostics ?? []);
    return { outcome: "done", done: { ...told, ...(vet === undefined ? {} : { vet }), diagnostics, ...this.#facts(work, all, runMs) } };
  }

  #unbuilt(work: EngineRequest, build: NotBuilt, spent: Spent): Execution {
    return { ...notBuilt(build), ...this.#facts(work, spent, 0) };
  }

  #facts(
    { queueMs, limits }: EngineRequest,
    { waitMs, ...spent }: Spent,
    runMs: number,
  ): Pick<Execution, "timings" | "toolchain" | "limits"> {
    return { timings: { queueMs: queueMs + waitMs, ...spent, runMs }, toolchain: this.#options.toolchain.name, limits };
  }

  /** The size of its file system is what a sandbox can't change once it stands. */
  #takeRun({ diskBytes }: Limits, signal: CancelSignal): Promise<RunSandbox> {
    const isUsual = diskBytes === this.#options.limits.diskBytes;
    return this.#runs.take(signal, isUsual ? undefined : () => RunSandbox.start(this.#options, diskBytes));
  }
}

/** Runs the product's one program. */
async function runOnly(sandbox: RunSandbox, product: Product, run: Omit<RunRequest, "directory">): Promise<RunResult> {
  await sandbox.install(sandbox.product, product, 0, run.signal);
  return runProgram(sandbox, { ...run, directory: "." });
}

type NotBuilt = FailedBuild | FailedFetch;

function notBuilt(build: NotBuilt): Omit<Execution, "timings" | "toolchain" | "limits"> {
  return {
    outcome: build.outcome,
    ...("inferred" in build && build.inferred ? { inferred: true } : {}),
    stdout: new Uint8Array(),
    stderr: encodeUtf8(build.output),
    events: [],
    droppedBytes: 0,
    diagnostics: build.diagnostics,
    usage: { cpuMs: 0, peakMemoryBytes: 0 },
  };
}
