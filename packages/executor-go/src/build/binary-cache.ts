/**
 * Binaries of programs that were built before. A hit still executes the program; only its build is saved.
 *
 * One file a binary, named by what it was built from and by what is in it. It is verified on each read, so that a torn
 * or altered file is built again, never run. Files appear whole, by a link; several processes may share the directory.
 *
 * Each execution gets a copy. A link would show a program by its own file when it was first built, and by the number of
 * links how many others run it now.
 */
import { createHash, randomUUID } from "node:crypto";
import { chmod, constants, copyFile, link, lstat, mkdir, open, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";

export interface BinaryCacheOptions {
  directory: string;
  /** All binaries together; the ones unused for longest go first. */
  maxBytes: number;
}

/** After a clean-up this much of the cache is in use, so that not every store cleans up. */
const lowWater = 0.9;
/** A process looks at all that is there each time it has added this part of what there may be. */
const lookEvery = 16;

export class BinaryCache {
  readonly #options: BinaryCacheOptions;
  /** The names of the files by key. */
  readonly #names = new Map<string, string>();
  #bytes = 0;
  /** What this process has added since it last looked at all. */
  #unseen = 0;

  constructor(options: BinaryCacheOptions) {
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

  /** Puts the binary for `key` at `path`. @returns whether there was one. */
  async take(key: string, path: string): Promise<boolean> {
    const name = this.#names.get(key) ?? (await this.#find(key));
    if (name === undefined) return false;
    const file = join(this.#options.directory, name);
    if (await this.#isSound(name, key, path)) {
      const now = new Date();
      // Another process may just have removed it; it is at `path` all the same.
      await utimes(file, now, now).catch(ignoreMissing);
      return true;
    }
    // Another process removed it, or something altered it.
    this.#names.delete(key);
    await rm(path, { force: true });
    await rm(file, { force: true, recursive: true });
    return false;
  }

  /** Puts the file at `path`, and looks whether it is what its name says, and can be executed. */
  async #isSound(name: string, key: string, path: string): Promise<boolean> {
    try {
      await copy(join(this.#options.directory, name), path);
      if (((await stat(path)).mode & 0o555) !== 0o555) return false;
      return name === nameOf(key, await hashOf(path));
    } catch (error) {
      // A folder, say: nothing of ours.
      if (!isNoFile(error)) throw error;
      return false;
    }
  }

  /** What another process has stored. */
  async #find(key: string): Promise<string | undefined> {
    return (await this.#list()).find((name) => keyOf(name) === key);
  }

  /** Puts the binary that this process has just stored for `key` at `path`. @returns false if it is already gone again. */
  async takeStored(key: string, path: string): Promise<boolean> {
    const name = this.#names.get(key);
    if (name === undefined) return false;
    try {
      await copy(join(this.#options.directory, name), path);
      return true;
    } catch (error) {
      if (!isMissing(error)) throw error;
      return false;
    }
  }

  /**
   * Keeps the binary at `path` for `key`.
   * @param released resolves when nobody has it open for writing any more: until then it can be read, but not executed.
   */
  async store(key: string, path: string, released: Promise<void> = Promise.resolve()): Promise<void> {
    const [hash] = await Promise.all([hashOf(path), released]);
    const name = nameOf(key, hash);
    const file = join(this.#options.directory, name);
    const aside = `${file}.${randomUUID()}`;
    const { size } = await stat(path);
    await linkOrCopy(path, aside).catch(async (error: unknown) => {
      if (!isMissing(error)) throw error;
      // Somebody has cleared up below a running server.
      await this.#makeDirectory();
      await linkOrCopy(path, aside);
    });
    await rename(aside, file);
    // Renaming one link of a file onto another of its links leaves both (rename(2)).
    await rm(aside, { force: true });
    this.#names.set(key, name);
    this.#bytes += size;
    this.#unseen += size;
    const { maxBytes } = this.#options;
    // Others may store here too: what they add is seen now and then, so that each goes too far by a little at most.
    if (this.#bytes > maxBytes || this.#unseen > maxBytes / lookEvery) await this.#cleanUp();
  }

  /** Nothing, where the directory has been removed: the next store makes it again. */
  async #list(): Promise<string[]> {
    return readdir(this.#options.directory).catch((error: unknown) => {
      if (!isMissing(error)) throw error;
      return [];
    });
  }

  /** Counts what is there, and removes the oldest until it fits. */
  async #cleanUp(): Promise<void> {
    const { directory, maxBytes } = this.#options;
    const files = await Promise.all((await this.#list()).map((name) => describe(directory, name)));
    const newestFirst = files.filter((file) => file !== undefined).sort((a, b) => b.usedAtMs - a.usedAtMs);
    const total = newestFirst.reduce((sum, { bytes }) => sum + bytes, 0);
    const allowed = total > maxBytes ? maxBytes * lowWater : maxBytes;
    this.#bytes = 0;
    this.#unseen = 0;
    this.#names.clear();
    for (const { name, bytes, usedAtMs } of newestFirst) {
      const key = keyOf(name);
      // Half a store: one that is under way, or one that a dead process has left.
      if (key === undefined && Date.now() - usedAtMs < maxStoreMs) continue;
      if (key === undefined || this.#bytes + bytes > allowed) await rm(join(directory, name), { force: true, recursive: true });
      else {
        this.#bytes += bytes;
        this.#names.set(key, name);
      }
    }
  }
}

/** What no store takes. */
const maxStoreMs = 60 * 60 * 1000;

const keyOf = (name: string) => /^([^-.]+)-[0-9a-f]{64}$/.exec(name)?.[1];

const nameOf = (key: string, contentHash: string) => `${key}-${contentHash}`;

/** Piece by piece: a binary in memory as a whole would stay there until the next collection. */
async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  const file = await open(path);
  try {
    const piece = Buffer.allocUnsafe(pieceBytes);
    for (;;) {
      const { bytesRead } = await file.read(piece, 0, pieceBytes);
      if (bytesRead === 0) return hash.digest("hex");
      hash.update(piece.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}

const pieceBytes = 256 * 1024;

async function describe(directory: string, name: string) {
  try {
    const { size, mtimeMs } = await lstat(join(directory, name));
    return { name, bytes: size, usedAtMs: mtimeMs };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Without a second look at the disk's blocks, where the file system can share them. */
const copy = (from: string, to: string) => copyFile(from, to, constants.COPYFILE_FICLONE);

/** A link where the file system has them. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && ["EXDEV", "EPERM", "EMLINK", "ENOTSUP"].includes(String(error.code)))) throw error;
    await copyFile(from, to);
  }
}

function ignoreMissing(error: unknown): void {
  if (!isMissing(error)) throw error;
}

/** What stands for something that is not there, or no file of ours. */
const noFile = new Set(["ENOENT", "EISDIR", "ENOTDIR", "ELOOP", "EACCES", "EPERM", "ENOTSUP", "EINVAL", "ENXIO"]);

const isNoFile = (error: unknown) => error instanceof Error && "code" in error && noFile.has(String(error.code));

const isMissing = (error: unknown) => error instanceof Error && "code" in error && error.code === "ENOENT";
