/**
 * A server's own directory for what lives no longer than itself. Its name is claimed by a lock that the kernel drops when
 * its holder dies, however it dies; so that the next server can tell what a dead one has left from what a live one uses.
 */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, type FileHandle, mkdir, open, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Logger, unavailable } from "@gorunner/core";

export interface WorkDirectoryParts {
  /** Holds the directories of all servers, and beside each the file that is its lock. */
  root: string;
  /** The supervisor's binary, which can lock a file: Node can't. */
  locker: string;
}

const lockSuffix = ".lock";

export class WorkDirectory {
  readonly name: string;
  readonly path: string;
  readonly #lock: FileHandle;
  readonly #parts: WorkDirectoryParts;

  private constructor(parts: WorkDirectoryParts, name: string, lock: FileHandle) {
    this.#parts = parts;
    this.name = name;
    this.path = join(parts.root, name);
    this.#lock = lock;
  }

  /** Makes one that no other server has. */
  static async claim(parts: WorkDirectoryParts): Promise<WorkDirectory> {
    for (;;) {
      const name = `${process.pid}-${randomBytes(6).toString("hex")}`;
      const lock = await open(join(parts.root, name + lockSuffix), "wx", 0o600);
      try {
        // Whoever clears up may have found the file before it was locked.
        if (!(await holds(parts, lock, name))) {
          await lock.close();
          continue;
        }
        const claimed = new WorkDirectory(parts, name, lock);
        await mkdir(claimed.path);
        // Sandboxes start as other users, who look for what they are told of, and nothing else.
        await chmod(claimed.path, 0o711);
        return claimed;
      } catch (error) {
        await lock.close();
        throw error;
      }
    }
  }

  /**
   * Removes what servers have left that are no more.
   * @param clear is told the name of each, and removes what else bears it.
   */
  async clearDead(clear: (name: string) => Promise<void>, logger: Logger): Promise<void> {
    const { root } = this.#parts;
    const names = (await readdir(root)).filter((name) => name.endsWith(lockSuffix)).map((name) => name.slice(0, -lockSuffix.length));
    for (const name of names) {
      if (name === this.name) continue;
      const lock = await open(join(root, name + lockSuffix), "r").catch(ifNotOurs);
      if (lock === undefined) continue;
      try {
        if (!(await holds(this.#parts, lock, name))) continue;
        await clear(name);
        await remove(root, name);
        logger.info("cleared what a server had left that was killed", { name });
      } catch (err) {
        // It stays as it is; the next start tries again.
        logger.warn("what a dead server has left could not be cleared", { name, err });
      } finally {
        await lock.close();
      }
    }
  }

  async close(): Promise<void> {
    await remove(this.#parts.root, this.name);
    await this.#lock.close();
  }
}

/** The lock goes last: as long as it is there, somebody sees to the rest. */
async function remove(root: string, name: string): Promise<void> {
  await rm(join(root, name), { recursive: true, force: true });
  await rm(join(root, name + lockSuffix), { force: true });
}

/** Locks the file, unless another has. @returns whether it is locked now, and still the one of that name. */
async function holds({ root, locker }: WorkDirectoryParts, lock: FileHandle, name: string): Promise<boolean> {
  // flock(2) locks the open file, which the child shares with us: the lock is ours when the child has gone.
  const child = spawn(locker, ["lock"], { env: {}, cwd: "/", stdio: ["ignore", "ignore", "ignore", lock.fd] });
  const code = await new Promise<number | null>((resolve, reject) => child.once("error", reject).once("close", resolve));
  if (code === 1) return false;
  if (code !== 0) throw unavailable(`files in ${root} can't be locked; set executor.cache_dir to a directory on a file system with locks`);
  const [held, named] = await Promise.all([lock.stat(), stat(join(root, name + lockSuffix)).catch(ifNotOurs)]);
  return held.ino === named?.ino;
}

/** Gone meanwhile, or another user's. */
function ifNotOurs(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT" && error.code !== "EACCES") throw error;
}
