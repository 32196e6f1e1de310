/**
 * Under which user a sandbox starts. A server that is root gives each slot a user id of its own, so that no stranger's
 * code is ever root on the host and RLIMIT_NPROC, which counts by user, counts one slot only.
 */

import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { unavailable } from "@gorunner/core";
import type { Lack, LackSources } from "./host-lacks.js";

export interface Identity {
  /** Absent: the server's own user. */
  uid?: number;
  release(): Promise<void>;
}

/**
 * The range in which ids are taken: above ordinary users on every major distribution, below systemd's dynamic users
 * (61184, systemd's docs/UIDS-GIDS.md), and inside the 65536 ids that a container usually has.
 */
const firstUid = 31_000;
const lastUid = 31_999;
const ids = lastUid - firstUid + 1;

/**
 * The owner of modules that were fetched, below the range: all fetches write to one cache. Sandboxes of one user don't
 * see each other, as each has a pid namespace of its own.
 */
const fetchUid = 30_999;

/** Under which user modules are fetched; undefined: the server's own. */
export const fetchUser = () => (process.getuid?.() === 0 ? fetchUid : undefined);

/**
 * What of these ids a root in a user namespace lacks, by the kernel's map of them (user_namespaces(7)); undefined where all
 * are there, or the server is not root.
 */
export async function findIdLack({ proc = "/proc" }: LackSources = {}): Promise<Lack | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  for (const map of ["uid_map", "gid_map"]) {
    const text = await readFile(join(proc, "self", map), "utf8");
    const ranges = text
      .trim()
      .split("\n")
      .map((line) => line.trim().split(/\s+/).map(Number));
    if (ranges.some(([first = 0, , count = 0]) => first <= fetchUid && lastUid < first + count)) continue;
    return {
      lack: `this root has no ids from ${fetchUid} to ${lastUid} in its user namespace (/proc/self/${map}), and programs never run as root`,
      mend: "give its user a range of ids, `usermod --add-subuids 100000-165535 --add-subgids 100000-165535 USER`, and start the container anew; or start the server as an ordinary user",
    };
  }
  return undefined;
}

/** Hands out identities; what was released is used again. */
export class Identities {
  readonly #free: Claim[] = [];
  readonly #all: Claim[] = [];
  /**
   * Where it begins is chance: the locks are of this network namespace, and a server in another one, as in another
   * container, may take from the same ids.
   */
  readonly #first = Math.floor(Math.random() * ids);
  #next = 0;

  async take(): Promise<Identity> {
    if (process.getuid?.() !== 0) return { release: async () => {} };
    const claim = this.#free.pop() ?? (await this.#claimNext());
    return { uid: claim.uid, release: async () => void this.#free.push(claim) };
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.splice(0).map(({ lock }) => new Promise((resolve) => lock.close(resolve))));
  }

  /** Goes round: an id that another server held, or that could not be asked for, may be free the next time. */
  async #claimNext(): Promise<Claim> {
    for (let tried = 0; tried < ids; tried++) {
      const uid = firstUid + ((this.#first + this.#next++) % ids);
      const lock = await lockUid(uid);
      if (lock === undefined) continue;
      const claim = { uid, lock };
      this.#all.push(claim);
      return claim;
    }
    throw unavailable(`no free user id between ${firstUid} and ${lastUid}: other servers on this host hold them all`);
  }
}

interface Claim {
  uid: number;
  lock: Server;
}

/**
 * An abstract socket is a lock that the kernel drops when its holder dies, however it dies (unix(7)).
 * @returns undefined when another server holds it.
 */
function lockUid(uid: number): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const lock = createServer();
    lock.once("error", (error: NodeJS.ErrnoException) => (error.code === "EADDRINUSE" ? resolve(undefined) : reject(error)));
    lock.listen(`\0gorunner-uid-${uid}`, () => {
      lock.unref();
      resolve(lock);
    });
  });
}
