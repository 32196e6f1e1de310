/** Fetches the modules that programs need: a phase of its own before the build, with its own limits. */
import { createHash } from "node:crypto";
import type { CancelSignal, ExecutionRequest, Logger, SourceFile } from "@gorunner/core";
import { SharedWork } from "../pool/shared-work.js";
import { type FailedFetch, type Fetched, fetchOutcomeOf } from "./fetch-outcome.js";
import { type FetchHost, fetchInSandbox } from "./fetch-sandbox.js";
import type { ModuleCache } from "./module-cache.js";
import { Resolutions, resolvedFiles } from "./resolutions.js";

export interface ModuleFetcherOptions extends FetchHost {
  cache: ModuleCache;
  timeoutMs: number;
  /** What one fetch may write to disk. */
  maxBytes: number;
  language: string | undefined;
  logger: Logger;
}

export type FetchSource = Pick<ExecutionRequest, "files" | "mode" | "clock">;

/** Modules that are there, read-only for whoever builds with them, until they are released. */
export interface ReadyModules {
  outcome: "ok";
  /** The program's files, with the go.mod and go.sum that say exactly which modules it uses. */
  files: SourceFile[];
  /** The packages of the standard library that the program and its modules are made of. */
  std: string[];
  /** The module cache on the host. */
  directory: string;
  release(): void;
}

export class ModuleFetcher {
  readonly #options: ModuleFetcherOptions;
  readonly #underWay = new SharedWork<FailedFetch | Fetched>();
  readonly #resolutions = new Resolutions();

  constructor(options: ModuleFetcherOptions) {
    this.#options = options;
  }

  /** @throws RunnerError UNAVAILABLE, RESOURCE_EXHAUSTED or INTERNAL; the cancellation of `signal`. */
  async fetch(source: FetchSource, signal?: CancelSignal): Promise<FailedFetch | ReadyModules> {
    const { cache, logger } = this.#options;
    const lease = await cache.lease();
    try {
      const { directory } = lease;
      const key = `${directory} ${keyOf(source)}`;
      const result =
        this.#resolutions.find(key) ??
        (await this.#underWay.join(key, (ours) => this.#fetchNow(source, directory, lease.added, ours), signal));
      logger.debug("modules", { outcome: result.outcome });
      if (result.outcome === "ok") {
        const { resolution } = result;
        this.#resolutions.keep(key, resolution);
        return { outcome: "ok", files: resolvedFiles(source.files, resolution), std: resolution.std, directory, release: lease.release };
      }
      lease.release();
      return result;
    } catch (error) {
      lease.release();
      throw error;
    }
  }

  async #fetchNow(
    source: FetchSource,
    modules: string,
    added: (bytes: number) => void,
    signal: CancelSignal,
  ): Promise<FailedFetch | Fetched> {
    const { timeoutMs, maxBytes, language, proxies } = this.#options;
    // Of a fetch that was stopped nobody knows: it counts as the most that it can be, until the cache looks for itself.
    let writtenBytes = maxBytes;
    try {
      const end = await fetchInSandbox(this.#options, { source, modules, timeoutMs, maxBytes, language, signal });
      const outcome = fetchOutcomeOf(end, proxies);
      writtenBytes = outcome.writtenBytes ?? maxBytes;
      return outcome;
    } finally {
      added(writtenBytes);
    }
  }
}

function keyOf({ files, mode, clock }: FetchSource): string {
  const hash = createHash("sha256").update(`${mode} ${clock}`);
  for (const { path, content } of files) hash.update(`${path}\0${content.length}\0`).update(content);
  return hash.digest("hex");
}
