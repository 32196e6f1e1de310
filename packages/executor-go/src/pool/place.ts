/** What one execution has for itself on the host: a user, and a directory for its binary. */
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Identities } from "../sandbox/identity.js";

export interface Place {
  /** The user under which its sandboxes start; absent: the server's own. */
  uid?: number;
  directory: string;
}

/** Hands `work` a fresh place, and clears it whatever happens. */
export async function withPlace<Result>(
  parts: { identities: Identities; workDir: string },
  work: (place: Place) => Promise<Result>,
): Promise<Result> {
  const { uid, release } = await parts.identities.take();
  const directory = await mkdtemp(join(parts.workDir, "run-"));
  try {
    // The sandbox starts as another user, who must be able to mount it.
    await chmod(directory, 0o755);
    return await work({ directory, ...(uid === undefined ? {} : { uid }) });
  } finally {
    await rm(directory, { recursive: true, force: true });
    await release();
  }
}
