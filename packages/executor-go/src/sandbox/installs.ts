/** Programs that are being installed in sandboxes, by the keys of these; see Spawned.install. */
import { unavailable } from "@gorunner/core";

/** What the helper tells of one. */
export interface Installed {
  /** Why it is not there; empty: it is. */
  failed: string;
}

export class Installs {
  readonly #underWay = new Map<string, PromiseWithResolvers<void>>();

  begin(key: string): Promise<void> {
    const installing = Promise.withResolvers<void>();
    this.#underWay.set(key, installing);
    return installing.promise;
  }

  settle(key: string, { failed }: Installed): void {
    const installing = this.#underWay.get(key);
    this.#underWay.delete(key);
    if (failed === "") installing?.resolve();
    else installing?.reject(notInstalled(failed));
  }

  /** The helper has died. */
  failAll(said: string): void {
    for (const { reject } of this.#underWay.values()) reject(notInstalled(said));
    this.#underWay.clear();
  }
}

/** For want of memory, descriptors, or of a file that was cleared below a running server: no fault of the program's. */
const notInstalled = (why: string) => unavailable("the program could not be installed in its sandbox; the log says why", new Error(why));
