/**
 * The directory of one fetch: the module cache that its sandbox writes to, and the socket of its forwarder. What is complete
 * is moved to the cache that all share; the rest goes with the directory, whatever ended the fetch.
 */
import { randomBytes } from "node:crypto";
import { chmod, chown, lstat, mkdir, opendir, rename } from "node:fs/promises";
import { join } from "node:path";
import { hasCode, ignoreMissing, removeTree } from "./tree.js";

export interface StagingOptions {
  /** Where all staging areas are: on the file system of the cache, as files are moved there. */
  directory: string;
  uid: number | undefined;
}

export class Staging {
  /** What the sandbox writes to. */
  readonly modules: string;
  readonly socket: string;
  readonly #root: string;
  readonly #options: StagingOptions;

  private constructor(root: string, options: StagingOptions) {
    this.#root = root;
    this.#options = options;
    this.modules = join(root, "modules");
    this.socket = join(root, "forwarder");
  }

  static async make(options: StagingOptions): Promise<Staging> {
    const staging = new Staging(join(options.directory, `fetch-${randomBytes(6).toString("hex")}`), options);
    await mkdir(staging.modules, { recursive: true });
    await chmod(staging.#root, 0o755);
    await staging.#give(staging.modules, 0o755);
    return staging;
  }

  /** Lets the fetch's user, and no other, connect to the forwarder. */
  async openSocket(): Promise<void> {
    await this.#give(this.socket, 0o600);
  }

  /** Moves all modules to `cache`, each as a whole; one that is there already stays. The fetch's sandbox must have ended. */
  async publish(cache: string): Promise<void> {
    await moveInto(this.modules, cache);
  }

  async remove(): Promise<void> {
    await removeTree(this.#root);
  }

  async #give(path: string, mode: number): Promise<void> {
    await chmod(path, mode);
    const { uid } = this.#options;
    if (uid !== undefined) await chown(path, uid, uid);
  }
}

/** Directories of the go command's own are merged, a module's directory is moved. Links, which it never makes, are left behind. */
async function moveInto(from: string, to: string): Promise<void> {
  for await (const entry of await opendir(from)) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    const isModule = entry.isDirectory() && entry.name.includes("@") && entry.name !== "@v";
    if (entry.isDirectory() && !isModule) {
      await makeDirectory(target);
      await moveInto(source, target);
    } else if ((isModule || (entry.isFile() && isKept(entry.name))) && !(await exists(target))) {
      await rename(source, target).catch(ignoreTaken);
    }
  }
}

/** Locks and pieces are of the fetch; a list tells what was staged, not what is there. */
const isKept = (name: string) =>
  name !== "list" && name !== "lock" && !name.endsWith(".lock") && !name.endsWith(".partial") && !name.includes(".tmp");

async function makeDirectory(path: string): Promise<void> {
  if (await exists(path)) return;
  await mkdir(path, { recursive: true });
  // Builds read it as other users, whatever the umask.
  await chmod(path, 0o755);
}

const exists = async (path: string) => (await lstat(path).catch(ignoreMissing)) !== undefined;

/** Another process was faster. */
function ignoreTaken(error: unknown): void {
  if (!hasCode(error, "ENOTEMPTY") && !hasCode(error, "EEXIST")) throw error;
}
