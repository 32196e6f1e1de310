/** What one sandbox has for itself on the host: a user, and a directory. */
import { chmod, mkdtemp, readdir, rmdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { Identities } from "../sandbox/identity.js";

export interface Place {
  /** The user under which the sandbox starts; absent: the server's own. */
  uid?: number;
  directory: string;
  clear(): Promise<void>;
}

export interface Places {
  identities: Identities;
  /** Where each place makes its own directory. */
  workDir: string;
}

export async function openPlace({ identities, workDir }: Places): Promise<Place> {
  const { uid, release } = await identities.take();
  try {
    const directory = await mkdtemp(join(workDir, "run-"));
    const clear = async () => {
      try {
        await removeWithLeft(directory);
      } finally {
        await release();
      }
    };
    // The sandbox starts as another user, who must be able to mount it.
    await chmod(directory, 0o755);
    return { directory, clear, ...(uid === undefined ? {} : { uid }) };
  } catch (error) {
    await release();
    throw error;
  }
}

/** Directories that could not be removed: without descriptors a directory can't be read. */
const left = new Set<string>();

/** Tries those again, too, that are left. */
async function removeWithLeft(directory: string): Promise<void> {
  try {
    await removeFlat(directory);
  } catch (error) {
    left.add(directory);
    throw error;
  }
  for (const other of left) {
    // Why it can't be removed was told when it was tried first.
    const isGone = await removeFlat(other).then(
      () => true,
      () => false,
    );
    if (isGone) left.delete(other);
  }
}

/** A directory in which nobody makes folders: a general removal asks about each entry what it is, several times a run. */
async function removeFlat(directory: string): Promise<void> {
  try {
    for (const name of await readdir(directory)) await unlink(join(directory, name));
    await rmdir(directory);
  } catch (error) {
    // Somebody has cleared up below a running server.
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
}
