/** Fetches the modules that programs need: a phase of its own before the build, with its own places and limits. */
import { createHash } from "node:crypto";
import type { CancelSignal, ExecutionRequest, Logger, SourceFile, Turns } from "@gorunner/core";
import { Admission } from "../pool/admission.js";
import { type FailedFetch, type Fetched, fetchOutcomeOf } from "./fetch-outcome.js";
import { type FetchHost, type FetchLimits, fetchInSandbox } from "./fetch-sandbox.js";
import { ForwardSession } from "./forward-session.js";
import { HostNames } from "./host-names.js";
import type { ModuleCache, ModuleLease } from "./module-cache.js";
import { Resolutions, resolvedFiles } from "./resolutions.js";
import { SharedFetches } from "./shared-fetches.js";
import type { Upstreams } from "./upstreams.js";

/** How many fetch at once, and how many wait for that. */
export interface FetchPlaces {
  concurrency: number;
  /** Of one caller. */
  perCaller: number;
  queue: number;
  queueTimeoutMs: number;
}

export interface ModuleFetcherOptions extends FetchHost, FetchLimits {
  cache: ModuleCache;
  upstreams: Upstreams;
  places: FetchPlaces;
  /** What the go command may ask in one fetch. */
  maxRequests: number;
  language: string | undefined;
  turns: Turns;
  logger: Logger;
}

export interface FetchTurn {
  caller?: string;
  signal?: CancelSignal;
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

/** One caller's share of the queue. */
const queueShare = 4;

export class ModuleFetcher {
  readonly #options: ModuleFetcherOptions;
  readonly #fetches: SharedFetches<FailedFetch | Fetched>;
  readonly #resolutions = new Resolutions();
  readonly #names = new HostNames();

  constructor(options: ModuleFetcherOptions) {
    this.#options = options;
    const { perCaller, ...places } = options.places;
    const waiting = Math.ceil(places.queue / queueShare);
    this.#fetches = new SharedFetches(new Admission({ ...places, perCaller: { running: perCaller, waiting }, what: "module fetches" }));
  }

  /**
   * @returns also how long it waited for a place.
   * @throws RunnerError UNAVAILABLE, RESOURCE_EXHAUSTED or INTERNAL; the cancellation of `signal`.
   */
  async fetch(source: FetchSource, turn: FetchTurn = {}): Promise<{ modules: FailedFetch | ReadyModules; waitedMs: number }> {
    const lease = await this.#options.cache.lease(turn.signal);
    try {
      const { directory } = lease;
      const key = `${directory} ${keyOf(source)}`;
      const found = this.#resolutions.find(key);
      const { result, waitedMs } =
        found === undefined
          ? await this.#fetches.join(key, (signal) => this.#fetchNow(source, lease, signal), turn)
          : { result: found, waitedMs: 0 };
      if (result.outcome !== "ok") {
        lease.release();
        return { modules: result, waitedMs };
      }
      const { resolution } = result;
      this.#resolutions.keep(key, resolution);
      const files = resolvedFiles(source.files, resolution);
      return { modules: { outcome: "ok", files, std: resolution.std, directory, release: lease.release }, waitedMs };
    } catch (error) {
      lease.release();
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#options.cache.close();
  }

  async #fetchNow(source: FetchSource, lease: ModuleLease, signal: CancelSignal): Promise<FailedFetch | Fetched> {
    const { upstreams, maxBytes, maxEntries, maxRequests, turns, logger } = this.#options;
    const staging = await lease.stage();
    let session: ForwardSession | undefined;
    try {
      session = await ForwardSession.open(staging.socket, {
        upstreams,
        names: this.#names,
        cache: lease.directory,
        maxBytes,
        maxEntries,
        maxRequests,
      });
      await staging.openSocket();
      const paths = { staging: staging.modules, socket: staging.socket, cache: lease.directory };
      const end = await fetchInSandbox(this.#options, { ...this.#options, ...paths, source, signal });
      const outcome = await fetchOutcomeOf(end, { limits: this.#options, refused: session.refused, turns });
      if (outcome.outcome === "ok") {
        await staging.publish(lease.directory);
        lease.added(outcome.staged);
      } else {
        logger.info("modules not fetched", { outcome: outcome.outcome, said: outcome.details, refused: session.refused });
      }
      return outcome;
    } finally {
      await session?.close();
      await staging.remove();
    }
  }
}

function keyOf({ files, mode, clock }: FetchSource): string {
  const hash = createHash("sha256").update(`${mode} ${clock}`);
  for (const { path, content } of files) hash.update(`${path}\0${content.length}\0`).update(content);
  return hash.digest("hex");
}
