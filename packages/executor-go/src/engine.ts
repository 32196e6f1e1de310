/** Build and run, on a host that has been prepared: the part of an execution that comes after its turn has come. */
import type { CancelSignal, ExecuteOptions, Execution, ExecutionRequest, Formatted, Limits } from "@gorunner/core";
import { encodeUtf8 } from "@gorunner/core";
import { Builder, type BuilderOptions } from "./build/builder.js";
import type { Product } from "./build/product.js";
import type { FormatWork } from "./format/format-program.js";
import { buildWithModules, type NotBuilt } from "./modules/build-with-modules.js";
import type { ModuleFetcher } from "./modules/module-fetcher.js";
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

  /** @throws RunnerError as the builder and the sandboxes do; all has then been cleared. */
  async execute(work: EngineRequest): Promise<EngineResult> {
    const sandbox = await this.#takeRun(work.limits, work.signal);
    try {
      const execution = await this.#buildAndRun(sandbox, work);
      const cleared = sandbox
        .discard()
        .catch((error: unknown) => this.#options.logger.warn("a sandbox could not be cleared", { err: error }));
      return { execution, cleared };
    } catch (error) {
      await sandbox.discard();
      throw error;
    }
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
    await Promise.all([this.#runs.close(), this.#builder.close()]);
  }

  async #buildAndRun(sandbox: RunSandbox, work: EngineRequest): Promise<Execution> {
    const { request, limits, queueMs, processors, signal, onEvent } = work;
    const parts = { ...this.#options, builder: this.#builder };
    const { build, waitMs, ...spent } = await buildWithModules(parts, { source: request, limits, processors, signal }, sandbox.destination);
    const timings = { queueMs: queueMs + waitMs, ...spent };
    const toolchain = this.#options.toolchain.name;
    if (build.outcome !== "ok") return { ...notBuilt(build), timings: { ...timings, runMs: 0 }, toolchain, limits };
    const exact = isExact(this.#options.tier);
    const run = { request, limits, exact, signal, onEvent, turns: this.#options.turns };
    const { product } = build;
    const { runMs, ...told } = product.tests
      ? await runTests(sandbox, () => this.#takeRun(limits, signal), { ...run, product })
      : await runOnly(sandbox, product, run);
    const { vet, programs } = product;
    const diagnostics = programs.flatMap(({ unbuilt }) => unbuilt?.diagnostics ?? []);
    return { ...told, ...(vet === undefined ? {} : { vet }), diagnostics, timings: { ...timings, runMs }, toolchain, limits };
  }

  /** The size of its file system is what a sandbox can't change once it stands. */
  #takeRun({ diskBytes }: Limits, signal: CancelSignal): Promise<RunSandbox> {
    const isUsual = diskBytes === this.#options.limits.diskBytes;
    return this.#runs.take(signal, isUsual ? undefined : () => RunSandbox.start(this.#options, diskBytes));
  }
}

/** Runs the product's one program. */
async function runOnly(sandbox: RunSandbox, product: Product, run: Omit<RunRequest, "directory">): Promise<RunResult> {
  await sandbox.install(sandbox.product, product, 0);
  return runProgram(sandbox, { ...run, directory: "." });
}

function notBuilt(build: NotBuilt): Omit<Execution, "timings" | "toolchain" | "limits"> {
  return {
    outcome: build.outcome,
    ...(build.inferred ? { inferred: true } : {}),
    stdout: new Uint8Array(),
    stderr: encodeUtf8(build.output),
    events: [],
    droppedBytes: 0,
    diagnostics: build.diagnostics,
    usage: { cpuMs: 0, peakMemoryBytes: 0 },
  };
}
