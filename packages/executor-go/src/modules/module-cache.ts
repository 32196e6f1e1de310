/**
 * The modules that were fetched, for all programs: what the go command calls GOMODCACHE, bounded on disk.
 *
 * Sandboxes only read it. Each fetch writes to a staging area of its own, and this process moves from there what is complete.
 * The go command can't remove some modules and leave others, so the cache has generations: a full one is followed by an
 * empty one, and removed when nobody can use it any more. There are two at most: while the older one may be in use, a
 * full one refuses more. Several processes may share the directory.
 */
import { randomBytes } from "node:crypto";
import { chmod, mkdir, readdir, rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { type CancelSignal, type Logger, RunnerError } from "@gorunner/core";
import { Cancellation } from "../pool/cancellation.js";
import { GenerationSize } from "./generation-size.js";
import { Staging } from "./staging.js";
import { hasCode, ignoreMissing, type measureTree, removeTree, type TreeSize } from "./tree.js";

export interface ModuleCacheOptions {
  directory: string;
  /** The size, and the number of files and directories, at which a generation is full. */
  maxBytes: number;
  maxEntries: number;
  /** Who writes to staging areas; absent: this process's own user. */
  uid: number | undefined;
  /** Longer than any process uses a generation once it is followed by another, and a staging area at all. */
  retireMs: number;
  /** How long a lease may wait until the size of a generation that may be full is known. */
  patienceMs: number;
  logger: Logger;
  /** Default: on disk. */
  measure?: typeof measureTree;
}

export interface ModuleLease {
  /** The cache on the host, there as long as the lease is. */
  directory: string;
  /** A directory for one fetch. */
  stage(): Promise<Staging>;
  /** Tells what a staging area has added at most. */
  added(size: TreeSize): void;
  release(): void;
}

export class ModuleCache {
  readonly #options: ModuleCacheOptions;
  /** How many use a generation in this process. */
  readonly #leases = new Map<number, number>();
  readonly #closing = new AbortController();
  #current = 0;
  #size: GenerationSize | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #removing: Promise<void> = Promise.resolve();

  private constructor(options: ModuleCacheOptions) {
    this.#options = options;
  }

  /** Takes in what is there from before, whose size is found out in the background. */
  static async open(options: ModuleCacheOptions): Promise<ModuleCache> {
    await mkdir(options.directory, { recursive: true, mode: 0o755 });
    await chmod(options.directory, 0o755);
    const cache = new ModuleCache(options);
    cache.#turnTo(await cache.#newest());
    cache.#removeOld();
    return cache;
  }

  /**
   * The current generation, kept until it is released.
   * @throws RunnerError RESOURCE_EXHAUSTED while it is full and the one before may still be in use, or while it may be full
   *   and is being measured; the cancellation of `signal`.
   */
  async lease(signal?: CancelSignal): Promise<ModuleLease> {
    const { patienceMs } = this.#options;
    // One after another: of two that find the cache full, one starts anew.
    const settled = this.#turn.then(() => this.#settle());
    this.#turn = settled.catch(() => {});
    const overdue = new AbortController();
    const timer = setTimeout(() => overdue.abort(exhausted("the module cache is being measured", patienceMs)), patienceMs);
    using cancellation = new Cancellation([signal, overdue.signal, this.#closing.signal]);
    try {
      await cancellation.race(settled);
    } finally {
      clearTimeout(timer);
    }
    const generation = this.#current;
    const size = this.#size;
    this.#leases.set(generation, (this.#leases.get(generation) ?? 0) + 1);
    return {
      directory: this.#path(generation),
      stage: () => Staging.make(this.#options),
      added: (more) => size?.add(more),
      release: () => this.#release(generation),
    };
  }

  /** Stops what goes on in the background; what it has not removed is removed at another start. */
  async close(): Promise<void> {
    this.#closing.abort(new RunnerError("UNAVAILABLE", "the server is shutting down"));
    await Promise.allSettled([this.#size?.idle(), this.#removing, this.#turn]);
  }

  /** Finds the newest generation, and starts another if there is none or if it is full. */
  async #settle(): Promise<void> {
    const newest = await this.#newest();
    if (newest !== this.#current) this.#turnTo(newest);
    if (newest > 0 && !(await this.#size?.isFull())) return;
    await this.#putAside();
    this.#removeOld();
    if ((await this.#generations()).length > 1) throw exhausted("the module cache is full", this.#options.retireMs);
    await this.#begin(newest + 1);
    this.#turnTo(newest + 1);
  }

  #turnTo(generation: number): void {
    this.#current = generation;
    this.#size = new GenerationSize({ ...this.#options, directory: this.#path(generation), closing: this.#closing.signal });
    this.#size.measure();
  }

  /** Appears whole, by its name; another process may have been faster. */
  async #begin(generation: number): Promise<void> {
    const { directory } = this.#options;
    const aside = join(directory, `new-${aName()}`);
    await mkdir(join(aside, "cache"), { recursive: true });
    await chmod(aside, 0o755);
    await chmod(join(aside, "cache"), 0o755);
    try {
      await rename(aside, join(directory, String(generation)));
    } catch (error) {
      await removeTree(aside, this.#closing.signal);
      if (!hasCode(error, "ENOTEMPTY") && !hasCode(error, "EEXIST")) throw error;
    }
  }

  #release(generation: number): void {
    this.#leases.set(generation, (this.#leases.get(generation) ?? 1) - 1);
    if (generation !== this.#current) this.#removeOld();
  }

  /** In the background, one after another. */
  #removeOld(): void {
    this.#removing = this.#removing
      .then(() => this.#putAside())
      .then((names) => this.#remove(names))
      .catch((err: unknown) => {
        if (!this.#closing.signal.aborted) this.#options.logger.warn("old modules could not be removed", { err });
      });
  }

  /** Renames the generations that were followed so long ago that no process uses them. @returns what is to be removed. */
  async #putAside(): Promise<string[]> {
    const { directory, retireMs } = this.#options;
    for (const generation of await this.#generations()) {
      if (generation >= this.#current || (this.#leases.get(generation) ?? 0) > 0) continue;
      if ((await ageOf(join(directory, String(generation + 1)))) < retireMs) continue;
      await rename(join(directory, String(generation)), join(directory, `old-${aName()}`)).catch(ignoreMissing);
    }
    const left: string[] = [];
    for (const name of await readdir(directory)) {
      const mayBeInUse = name.startsWith("new-") || name.startsWith("fetch-");
      if (name.startsWith("old-") || (mayBeInUse && (await ageOf(join(directory, name))) > retireMs)) left.push(name);
    }
    return left;
  }

  async #remove(names: string[]): Promise<void> {
    for (const name of names) await removeTree(join(this.#options.directory, name), this.#closing.signal);
  }

  /** 0 when there is none yet. */
  async #newest(): Promise<number> {
    return Math.max(0, ...(await this.#generations()));
  }

  async #generations(): Promise<number[]> {
    return (await readdir(this.#options.directory)).filter((name) => /^[1-9]\d{0,8}$/.test(name)).map(Number);
  }

  #path(generation: number): string {
    return join(this.#options.directory, String(generation), "cache");
  }
}

const aName = () => randomBytes(6).toString("hex");

const exhausted = (why: string, retryAfterMs: number) => new RunnerError("RESOURCE_EXHAUSTED", why, { retryAfterMs });

/** How long ago the folder was made: nothing is put into it afterwards. */
async function ageOf(folder: string): Promise<number> {
  const found = await stat(folder).catch(ignoreMissing);
  return found === undefined ? 0 : Date.now() - found.mtimeMs;
}
