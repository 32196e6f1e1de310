/** Build and run, on a host that has been prepared: the part of an execution that comes after its turn has come. */
import type { CancelSignal, ExecuteOptions, Execution, ExecutionRequest, Formatted, Limits } from "@gorunner/core";
import { encodeUtf8, internal } from "@gorunner/core";
import type { FailedBuild } from "./build/build-program.js";
import { Builder, type BuilderOptions } from "./build/builder.js";
import type { Product } from "./build/product.js";
import type { FormatWork } from "./format/format-program.js";
import type { FailedFetch } from "./modules/fetch-outcome.js";
import type { ModuleFetcher } from "./modules/module-fetcher.js";
import { WarmPool } from "./pool/warm-pool.js";
import { runProgram } from "./run/run-program.js";
import { RunSandbox } from "./run/run-sandbox.js";
import { runTests } from "./run/run-tests.js";

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
    const sandbox = await this.#takeRun(work.limits);
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
  format(work: Omit<FormatWork, "exactMemory">): Promise<Formatted> {
    return this.#builder.format(work);
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
    const { request, limits, queueMs, signal, onEvent } = work;
    const { build, fetchMs, buildMs } = await this.#build(sandbox, work);
    const timings = { queueMs, fetchMs, buildMs };
    const toolchain = this.#options.toolchain.name;
    if (build.outcome !== "ok") return { ...notBuilt(build), timings: { ...timings, runMs: 0 }, toolchain, limits };
    const exact = this.#options.host.cgroups !== undefined;
    const run = { request, limits, exact, signal, onEvent };
    const { runMs, ...told } = build.product.tests
      ? await runTests(sandbox, () => this.#takeRun(limits), { ...run, product: build.product })
      : await runProgram(sandbox, { ...run, directory: "." });
    const { vet } = build.product;
    return { ...told, ...(vet === undefined ? {} : { vet }), diagnostics: [], timings: { ...timings, runMs }, toolchain, limits };
  }

  /** Builds it; if that takes modules from elsewhere, fetches them in between. */
  async #build({ binary }: RunSandbox, { request, limits, processors, signal }: EngineRequest): Promise<TimedBuild> {
    const start = performance.now();
    const build = await this.#builder.build({ source: request, limits, processors, signal }, binary);
    const firstMs = performance.now() - start;
    if (build.outcome !== "needs_modules") return { build, fetchMs: 0, buildMs: firstMs };
    const modules = await this.#fetcher.fetch(request, signal);
    const fetchMs = performance.now() - start - firstMs;
    if (modules.outcome !== "ok") return { build: { ...modules, inferred: false }, fetchMs, buildMs: firstMs };
    try {
      const source = { ...request, files: modules.files };
      const built = await this.#builder.build({ source, modules, limits, processors, signal }, binary);
      if (built.outcome === "needs_modules") throw internal("the builder asked for modules again");
      return { build: built, fetchMs, buildMs: performance.now() - start - fetchMs };
    } finally {
      modules.release();
    }
  }

  get #fetcher(): ModuleFetcher {
    const { fetcher } = this.#options;
    if (fetcher === undefined) throw internal("the builder asked for modules, which are off");
    return fetcher;
  }

  /** The size of its file system is what a sandbox can't change once it stands. */
  #takeRun({ diskBytes }: Limits): Promise<RunSandbox> {
    return diskBytes === this.#options.limits.diskBytes ? this.#runs.take() : RunSandbox.start(this.#options, diskBytes);
  }
}

type NotBuilt = Omit<FailedBuild, "outcome"> & { outcome: FailedBuild["outcome"] | FailedFetch["outcome"] };

interface TimedBuild {
  build: NotBuilt | { outcome: "ok"; product: Product };
  fetchMs: number;
  buildMs: number;
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
