/** What one sandbox has for itself on the host: a user, and a directory. */
import { chmod, mkdtemp, rm } from "node:fs/promises";
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
  const directory = await mkdtemp(join(workDir, "run-"));
  const clear = async () => {
    await rm(directory, { recursive: true, force: true });
    await release();
  };
  try {
    // The sandbox starts as another user, who must be able to mount it.
    await chmod(directory, 0o755);
    return { directory, clear, ...(uid === undefined ? {} : { uid }) };
  } catch (error) {
    await clear();
    throw error;
  }
}
