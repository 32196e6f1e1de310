/**
 * The modules that were fetched, for all programs: what the go command calls GOMODCACHE, bounded on disk.
 *
 * The go command can't remove some modules and leave others, so the cache has generations: a full one is followed by an
 * empty one, and removed when nobody can use it any more. There are two at most: while the older one may be in use, a
 * full one refuses more. Several processes may share the directory.
 */
import { randomUUID } from "node:crypto";
import { chmod, chown, lstat, mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Logger, RunnerError } from "@gorunner/core";

export interface ModuleCacheOptions {
  directory: string;
  /** The size at which a generation is full. */
  maxBytes: number;
  /** Who writes to it; absent: this process's own user. */
  uid: number | undefined;
  /** Longer than any process uses a generation once it is followed by another. */
  retireMs: number;
  logger: Logger;
}

export interface ModuleLease {
  /** The cache on the host, there as long as the lease is. */
  directory: string;
  /** Tells that `bytes` at most were added. */
  added(bytes: number): void;
  release(): void;
}

export class ModuleCache {
  readonly #options: ModuleCacheOptions;
  /** How many use a generation in this process. */
  readonly #leases = new Map<number, number>();
  #current = 0;
  /** At least the size of the current generation. */
  #bytes = 0;
  /** Whether it is exactly that, as far as this process knows. */
  #isMeasured = false;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(options: ModuleCacheOptions) {
    this.#options = options;
  }

  /** Takes in what is there from before. */
  static async open(options: ModuleCacheOptions): Promise<ModuleCache> {
    await mkdir(options.directory, { recursive: true, mode: 0o755 });
    await chmod(options.directory, 0o755);
    const cache = new ModuleCache(options);
    await cache.#turnTo(await cache.#newest());
    await cache.#removeOld();
    return cache;
  }

  /**
   * The current generation, kept until it is released.
   * @throws RunnerError RESOURCE_EXHAUSTED while it is full and the one before may still be in use.
   */
  async lease(): Promise<ModuleLease> {
    // One after another: of two that find the cache full, one starts anew.
    const settled = this.#turn.then(() => this.#settle());
    this.#turn = settled.catch(() => {});
    await settled;
    const generation = this.#current;
    this.#leases.set(generation, (this.#leases.get(generation) ?? 0) + 1);
    return {
      directory: this.#path(generation),
      added: (bytes) => {
        if (generation !== this.#current || bytes === 0) return;
        this.#bytes += bytes;
        this.#isMeasured = false;
      },
      release: () => this.#release(generation),
    };
  }

  /** Finds the newest generation, and starts another if there is none or if it is full. */
  async #settle(): Promise<void> {
    const newest = await this.#newest();
    if (newest !== this.#current) await this.#turnTo(newest);
    // What was added is an estimate from above; only what is on disk counts.
    if (this.#isFull && !this.#isMeasured) await this.#turnTo(newest);
    if (newest > 0 && !this.#isFull) return;
    await this.#removeOld();
    if ((await this.#generations()).length > 1) {
      throw new RunnerError("RESOURCE_EXHAUSTED", "the module cache is full", { retryAfterMs: this.#options.retireMs });
    }
    await this.#begin(newest + 1);
    await this.#turnTo(newest + 1);
  }

  async #turnTo(generation: number): Promise<void> {
    this.#current = generation;
    this.#bytes = await sizeOf(this.#path(generation));
    this.#isMeasured = true;
  }

  get #isFull(): boolean {
    return this.#bytes > this.#options.maxBytes;
  }

  /** Appears whole, by its name; another process may have been faster. */
  async #begin(generation: number): Promise<void> {
    const { directory, uid } = this.#options;
    const aside = join(directory, `new-${randomUUID()}`);
    await mkdir(join(aside, "cache"), { recursive: true });
    // Its own folder is not the writer's, who could otherwise put something else in its place.
    await chmod(aside, 0o755);
    await chmod(join(aside, "cache"), 0o755);
    if (uid !== undefined) await chown(join(aside, "cache"), uid, uid);
    try {
      await rename(aside, join(directory, String(generation)));
    } catch (error) {
      await rm(aside, { recursive: true, force: true });
      if (!isTaken(error)) throw error;
    }
  }

  #release(generation: number): void {
    this.#leases.set(generation, (this.#leases.get(generation) ?? 1) - 1);
    if (generation !== this.#current) this.#removeOld().catch((err: unknown) => this.#complain(err));
  }

  /** Removes the generations that were followed so long ago that no process uses them, and what dead ones have left. */
  async #removeOld(): Promise<void> {
    const { directory, retireMs } = this.#options;
    for (const generation of await this.#generations()) {
      if (generation >= this.#current || (this.#leases.get(generation) ?? 0) > 0) continue;
      if ((await ageOf(join(directory, String(generation + 1)))) < retireMs) continue;
      await rename(join(directory, String(generation)), join(directory, `old-${randomUUID()}`)).catch(ignoreMissing);
    }
    for (const name of await readdir(directory)) {
      const path = join(directory, name);
      const isLeft = name.startsWith("old-") || (name.startsWith("new-") && (await ageOf(path)) > retireMs);
      if (isLeft) await rm(path, { recursive: true, force: true });
    }
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

  #complain(err: unknown): void {
    this.#options.logger.warn("old modules could not be removed", { err });
  }
}

/** How long ago the folder was made: nothing is put into it afterwards. */
async function ageOf(folder: string): Promise<number> {
  const found = await stat(folder).catch(ignoreMissing);
  return found === undefined ? 0 : Date.now() - found.mtimeMs;
}

/** What a folder takes on disk. It may be changing. */
async function sizeOf(directory: string): Promise<number> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(ignoreMissing);
  let bytes = 0;
  for (const entry of entries ?? []) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) bytes += await sizeOf(path);
    else bytes += ((await lstat(path).catch(ignoreMissing))?.blocks ?? 0) * blockBytes;
  }
  return bytes;
}

/** The unit of st_blocks (stat(2)). */
const blockBytes = 512;

const isTaken = (error: unknown) => error instanceof Error && "code" in error && ["ENOTEMPTY", "EEXIST"].includes(String(error.code));

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}
