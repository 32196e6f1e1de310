/**
 * Binaries of programs that were built before. A hit still executes the program; only its build is saved.
 *
 * One file a binary, named by what it was built from. What is in it is verified on each read, so that a torn or altered
 * file is built again, never run. Files appear whole, by a link; several processes may share the directory.
 *
 * Each execution gets a link, and copies what it runs from there: the file itself would show a program when it was first
 * built, and by the number of links how many others run it now.
 */
import { randomUUID } from "node:crypto";
import { chmod, constants, copyFile, link, lstat, mkdir, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";

export interface BinaryCacheOptions<Content> {
  directory: string;
  /** All binaries together; the ones unused for longest go first. */
  maxBytes: number;
  /** What is in the file that was stored for `key`; undefined where it is not as it was then. */
  read(path: string, key: string, expect?: (content: Content) => void): Promise<Content | undefined>;
}

/** After a clean-up this much of the cache is in use, so that not every store cleans up. */
const lowWater = 0.8;
/** A process looks at all that is there each time it has added this part of what there may be. */
const lookEvery = 8;

export class BinaryCache<Content> {
  readonly #options: BinaryCacheOptions<Content>;
  #bytes = 0;
  /** What this process has added since it last looked at all. */
  #unseen = 0;

  constructor(options: BinaryCacheOptions<Content>) {
    this.#options = options;
  }

  /** Takes in what is there from before. */
  async open(): Promise<void> {
    await this.#makeDirectory();
    await this.#cleanUp();
  }

  async #makeDirectory(): Promise<void> {
    await mkdir(this.#options.directory, { recursive: true, mode: 0o755 });
    await chmod(this.#options.directory, 0o755);
  }

  /**
   * Puts the binary for `key` at `path`.
   * @param expect is told of what is in it, before that is verified.
   * @returns what is in it; undefined if there is none.
   */
  async take(key: string, path: string, expect?: (content: Content) => void): Promise<Content | undefined> {
    const file = this.#fileOf(key);
    const content = await this.#copyOf(key, path, expect);
    if (content === "missing") return undefined;
    if (content === undefined) {
      await rm(path, { force: true });
      await rm(file, { force: true, recursive: true });
      return undefined;
    }
    const now = new Date();
    // Another process may just have removed it; it is at `path` all the same.
    await utimes(file, now, now).catch(ignoreMissing);
    return content;
  }

  /** @returns undefined for what is not as it was stored. */
  async #copyOf(key: string, path: string, expect?: (content: Content) => void): Promise<Content | undefined | "missing"> {
    try {
      const file = this.#fileOf(key);
      // What is no file of ours might lead elsewhere, or keep whoever opens it waiting.
      if (!(await lstat(file)).isFile()) return undefined;
      await linkOrCopy(file, path);
      return await this.#options.read(path, key, expect);
    } catch (error) {
      if (codeOf(error) === "EACCES") return undefined;
      if (!isMissing(error)) throw error;
      return "missing";
    }
  }

  /** Puts the binary that this process has just stored for `key` at `path`. @returns false if it is already gone again. */
  async takeStored(key: string, path: string): Promise<boolean> {
    try {
      await linkOrCopy(this.#fileOf(key), path);
      return true;
    } catch (error) {
      if (!isMissing(error)) throw error;
      return false;
    }
  }

  /** Keeps the binary at `path` for `key`. Nobody may have it open for writing any more: it could not be executed then. */
  async store(key: string, path: string): Promise<void> {
    const { size } = await stat(path);
    await this.#keep(path, this.#fileOf(key)).catch(async (error: unknown) => {
      if (!isMissing(error)) throw error;
      // Somebody has cleared up below a running server.
      await this.#makeDirectory();
      await this.#keep(path, this.#fileOf(key));
    });
    this.#bytes += size;
    this.#unseen += size;
    const { maxBytes } = this.#options;
    // Others may store here too: what they add is seen now and then, so that each goes too far by a little at most.
    if (this.#bytes > maxBytes || this.#unseen > maxBytes / lookEvery) await this.#cleanUp();
  }

  #fileOf(key: string): string {
    return join(this.#options.directory, key);
  }

  /** In place of what is there, which another process has built or which is no binary. */
  async #keep(path: string, file: string): Promise<void> {
    const aside = `${file}.${randomUUID()}`;
    await linkOrCopy(path, aside);
    await rename(aside, file);
  }

  /** Counts what is there, and removes the oldest until it fits. */
  async #cleanUp(): Promise<void> {
    const { directory, maxBytes } = this.#options;
    const files = await Promise.all((await namesIn(directory)).map((name) => describe(directory, name)));
    const newestFirst = files.filter((file) => file !== undefined).sort((a, b) => b.usedAtMs - a.usedAtMs);
    const total = newestFirst.reduce((sum, { bytes }) => sum + bytes, 0);
    const allowed = total > maxBytes ? maxBytes * lowWater : maxBytes;
    this.#bytes = 0;
    this.#unseen = 0;
    for (const { name, bytes, usedAtMs } of newestFirst) {
      // Half a store: one that is under way, or one that a dead process has left.
      if (isAside(name) && Date.now() - usedAtMs < maxStoreMs) continue;
      if (isAside(name) || this.#bytes + bytes > allowed) await rm(join(directory, name), { force: true, recursive: true });
      else this.#bytes += bytes;
    }
  }
}

/** What no store takes, also where the clock is set forward by an hour meanwhile. */
const maxStoreMs = 2 * 60 * 60 * 1000;

const isAside = (name: string) => name.includes(".");

/** Nothing, where the directory has been removed: the next store makes it again. */
async function namesIn(directory: string): Promise<string[]> {
  return readdir(directory).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
    return [];
  });
}

async function describe(directory: string, name: string) {
  try {
    const { size, mtimeMs } = await lstat(join(directory, name));
    return { name, bytes: size, usedAtMs: mtimeMs };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** A link where the file system has them. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (!noLinks.has(codeOf(error))) throw error;
    await copyFile(from, to, constants.COPYFILE_FICLONE);
  }
}

function ignoreMissing(error: unknown): void {
  if (!isMissing(error)) throw error;
}

const codeOf = (error: unknown) => (error instanceof Error && "code" in error ? String(error.code) : "");

/** What a file system answers that has no links, or no more. */
const noLinks = new Set(["EXDEV", "EPERM", "EMLINK", "ENOTSUP"]);

const isMissing = (error: unknown) => codeOf(error) === "ENOENT";
