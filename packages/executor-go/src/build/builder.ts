/** Binaries for programs: from the cache, from a build that is under way for the same program, or from a build now. */
import { createHash } from "node:crypto";
import type { CancelSignal, Logger, Metrics } from "@gorunner/core";
import { SharedWork } from "../pool/shared-work.js";
import { WarmPool } from "../pool/warm-pool.js";
import type { BinaryCache } from "./binary-cache.js";
import { type BuildPath, type BuildRequest, type BuildResult, buildProgram } from "./build-program.js";
import { type BuildHost, BuildSandbox } from "./build-sandbox.js";

export interface BuilderOptions extends BuildHost {
  cache: BinaryCache;
  path: BuildPath;
  /** How many sandboxes are kept ready. */
  warm: number;
  idleMs: number;
  logger: Logger;
  metrics: Metrics;
}

/** The flags under which binaries are comparable; changed when a build would come out differently. */
const flavour = "1 -trimpath -s -w";

export class Builder {
  readonly #options: BuilderOptions;
  readonly #sandboxes: WarmPool<BuildSandbox>;
  readonly #underWay = new SharedWork<BuildResult>();

  constructor(options: BuilderOptions) {
    this.#options = options;
    this.#sandboxes = new WarmPool({
      name: "build",
      size: options.warm,
      make: () => BuildSandbox.start(options),
      isUsable: ({ sandbox }) => sandbox.isAlive,
      discard: (build) => build.discard(),
      idleMs: options.idleMs,
      logger: options.logger,
    });
  }

  /**
   * Puts the program's binary at `to`, if it can be built.
   * @throws RunnerError UNAVAILABLE without a sandbox; the cancellation of `signal`.
   */
  async build(request: Omit<BuildRequest, "path" | "exactMemory">, to: string): Promise<BuildResult> {
    const { cache, metrics } = this.#options;
    const key = this.#keyOf(request);
    const hit = await cache.take(key, to);
    metrics.buildCacheLookedUp(hit ? "hit" : "miss");
    if (hit) return { outcome: "ok", inferred: false, output: "", diagnostics: [], taken: "cache" };
    const flight = `${key} ${request.limits.buildTimeoutMs}`;
    const result = await this.#underWay.join(flight, (signal) => this.#buildNow({ ...request, signal }, key), request.signal);
    // What was just stored is there, unless a full cache has removed it again at once.
    if (result.outcome === "ok" && !(await cache.takeStored(key, to))) return this.build(request, to);
    return result;
  }

  /** Starts sandboxes ahead; to be called when nobody waits. */
  refill(): void {
    this.#sandboxes.refill();
  }

  close(): Promise<void> {
    return this.#sandboxes.close();
  }

  async #buildNow(request: Omit<BuildRequest, "path" | "exactMemory"> & { signal: CancelSignal }, key: string): Promise<BuildResult> {
    const { cache, path, host, logger } = this.#options;
    const build = await this.#sandboxes.take();
    try {
      const result = await buildProgram(build, { ...request, path, exactMemory: host.cgroups !== undefined });
      logger.debug("built", { outcome: result.outcome, taken: result.taken });
      await build.finish();
      if (result.outcome === "ok") await cache.store(key, build.binary);
      return result;
    } finally {
      await build.finish();
      await build.clear();
    }
  }

  #keyOf({ files }: Pick<BuildRequest, "files">): string {
    const { toolchain, path } = this.#options;
    const hash = createHash("sha256").update(`${flavour}\0${toolchain.name}\0${path}\0`);
    for (const file of [...files].sort((a, b) => (a.path < b.path ? -1 : 1))) {
      hash.update(`${file.path}\0${file.content.length}\0`).update(file.content);
    }
    return hash.digest("hex");
  }
}
