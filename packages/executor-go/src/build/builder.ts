/** Binaries for programs: from the cache, from a build that is under way for the same program, or from a build now. */
import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { type CancelSignal, type Formatted, type Limits, type Logger, type Metrics, type Turns, unavailable } from "@gorunner/core";
import { type FormatWork, formatProgram } from "../format/format-program.js";
import { SharedWork } from "../pool/shared-work.js";
import { WarmPool } from "../pool/warm-pool.js";
import { languageNumber } from "../toolchain/find-toolchain.js";
import type { BinaryCache } from "./binary-cache.js";
import { type BuildPath, type BuildResult, buildProgram, type FailedBuild, type NeedsModules, type Source } from "./build-program.js";
import { type BuildHost, BuildSandbox, type ModuleDirectory } from "./build-sandbox.js";
import type { KeptProduct, Product } from "./product.js";

export interface BuilderOptions extends BuildHost {
  cache: BinaryCache<KeptProduct>;
  path: BuildPath;
  /** Whether modules from elsewhere can be fetched. */
  modules: "off" | "on";
  /** How many sandboxes are kept ready. */
  warm: number;
  /** Whether the processors have nothing better to do than work ahead. */
  isSpare(): boolean;
  idleMs: number;
  logger: Logger;
  metrics: Metrics;
  turns: Turns;
}

/** How often a program is built for one request when what was built is gone before it could be taken. */
const attempts = 3;

/** The flags under which binaries are comparable; changed when a build would come out differently. */
const flavour = "6 -trimpath -s -w";

export interface ProgramRequest {
  source: Source;
  /** Where the modules that it needs are, once they have been fetched. */
  modules?: ModuleDirectory;
  limits: Limits;
  /** How many processors the build may keep busy. */
  processors: number;
  signal?: CancelSignal;
}

/** Where a product is put. */
export interface Destination {
  path: string;
  /** Told of what is there before that is verified: what is returned at last may be another. */
  expect?(product: Product): void;
}

export type ProgramBuilt = FailedBuild | NeedsModules | { outcome: "ok"; product: Product };

export class Builder {
  readonly #options: BuilderOptions;
  readonly #sandboxes: WarmPool<BuildSandbox>;
  readonly #underWay = new SharedWork<BuildResult>();

  constructor(options: BuilderOptions) {
    this.#options = options;
    this.#sandboxes = new WarmPool({
      name: "build",
      size: options.warm,
      make: () => BuildSandbox.start(options, { ahead: false }),
      // Loading packages ahead moves work off a request's path but makes it more: with others waiting, that helps nobody.
      makeAhead: () => BuildSandbox.start(options, { ahead: options.isSpare() }),
      isUsable: ({ sandbox }) => sandbox.isAlive,
      discard: (build) => build.discard(),
      idleMs: options.idleMs,
      logger: options.logger,
    });
  }

  /**
   * Puts what the program becomes at `to`, if it can be built.
   * @throws RunnerError UNAVAILABLE without a sandbox; the cancellation of `signal`.
   */
  async build(request: ProgramRequest, to: Destination, attempt = 1): Promise<ProgramBuilt> {
    const { cache, metrics } = this.#options;
    const key = this.#keyOf(request.source);
    const kept = await this.#take(key, request.limits, to);
    metrics.buildCacheLookedUp(kept === undefined ? "miss" : "hit");
    if (kept !== undefined) return { outcome: "ok", product: kept };
    // A program that has been fetched for may look like one that has not: it may have come with its go.sum.
    const flight = `${key} ${request.limits.buildTimeoutMs} ${request.modules?.directory ?? ""}`;
    const result = await this.#underWay.join(flight, (signal) => this.#buildNow({ ...request, signal }, key), request.signal);
    if (result.outcome !== "ok") return result;
    // What was just stored is there, unless a full cache, or somebody else, has removed it again at once.
    if (await cache.takeStored(key, to.path)) return { outcome: "ok", product: result.report };
    if (attempt < attempts) return this.build(request, to, attempt + 1);
    throw unavailable("what is built is gone from executor.cache_dir as soon as it is stored there; nobody else may clear it");
  }

  /** Lays out source, in a sandbox as for a build. @throws as `build` does. */
  async format(work: FormatWork): Promise<Formatted> {
    const build = await this.#sandboxes.take(work.signal);
    try {
      return await formatProgram(build, work, this.#options.turns);
    } finally {
      await build.discard();
    }
  }

  /** Starts sandboxes ahead; to be called when nobody waits. */
  refill(): void {
    this.#sandboxes.refill();
  }

  /** Gives up the sandboxes that were started ahead, for others that are to be better. */
  renew(): void {
    this.#sandboxes.renew();
  }

  close(): Promise<void> {
    return this.#sandboxes.close();
  }

  /**
   * What was kept of a build that this request has time for: of a program that nobody has sent before, it would hear that
   * its build took too long.
   */
  async #take(key: string, { buildTimeoutMs }: Limits, to: Destination): Promise<Product | undefined> {
    const product = await this.#options.cache.take(key, to.path, to.expect);
    if (product === undefined || product.buildMs <= buildTimeoutMs) return product;
    await rm(to.path);
    return undefined;
  }

  async #buildNow(request: ProgramRequest, key: string): Promise<BuildResult> {
    const { cache, path, logger, toolchain, turns } = this.#options;
    const { modules } = request;
    const build = await this.#sandboxes.take(
      request.signal,
      modules && (() => BuildSandbox.start(this.#options, { ahead: false, modules })),
    );
    try {
      const language = languageNumber(toolchain.name);
      const state = modules === undefined ? this.#options.modules : "fetched";
      const start = performance.now();
      const result = await buildProgram(build, { ...request, modules: state, path, language, turns });
      if (result.outcome !== "ok") {
        logger.debug("not built", { outcome: result.outcome });
        return result;
      }
      logger.debug("built", { taken: result.report.taken, linker: result.report.linker });
      await build.seal({ ...result.report, buildMs: Math.ceil(performance.now() - start) }, key);
      await cache.store(key, build.binary);
      return result;
    } finally {
      await build.discard();
    }
  }

  #keyOf({ files, mode, clock, vet = false }: Source): string {
    const { toolchain, path, modules } = this.#options;
    const hash = createHash("sha256").update(JSON.stringify([flavour, toolchain.name, path, mode, clock, vet, modules]));
    for (const file of [...files].sort((a, b) => (a.path < b.path ? -1 : 1))) {
      hash.update(`${file.path}\0${file.content.length}\0`).update(file.content);
    }
    return hash.digest("hex");
  }
}
