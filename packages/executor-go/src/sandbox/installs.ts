/** Programs that are being installed in sandboxes, by the keys of these; see Spawned.install. */
import { unavailable } from "@gorunner/core";

/** What the helper tells of one. */
export interface Installed {
  /** Why it is not there; empty: it is. */
  failed: string;
  /** The kernel's name for that, if it has one. */
  code?: string;
}

export class Installs {
  readonly #underWay = new Map<string, PromiseWithResolvers<void>>();

  begin(key: string): Promise<void> {
    const installing = Promise.withResolvers<void>();
    this.#underWay.set(key, installing);
    return installing.promise;
  }

  settle(key: string, { failed, code }: Installed): void {
    const installing = this.#underWay.get(key);
    this.#underWay.delete(key);
    if (failed === "") installing?.resolve();
    else installing?.reject(Object.assign(new Error(`a program could not be installed: ${failed}`), code === undefined ? {} : { code }));
  }

  /** The helper has died. */
  failAll(said: string): void {
    for (const { reject } of this.#underWay.values()) reject(unavailable(`a program could not be installed: ${said}`));
    this.#underWay.clear();
  }
}
