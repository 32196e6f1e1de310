import type { Cache } from "../ports/cache.js";
import type { SnippetRepo } from "../ports/snippet-repo.js";

/** Removes for good what has expired. Any number of servers may do so at any time; it is seen by nobody but the log. */
export class ExpireSnippets {
  readonly #snippets: SnippetRepo;
  readonly #cache: Cache;

  constructor(ports: { snippets: SnippetRepo; cache: Cache }) {
    this.#snippets = ports.snippets;
    this.#cache = ports.cache;
  }

  /**
   * Removes a batch.
   * @returns whether there may be more.
   * @throws RunnerError UNAVAILABLE.
   */
  async execute(): Promise<boolean> {
    const ids = await this.#snippets.deleteExpired(batchSize, { expiredForMs });
    await Promise.all(ids.map((id) => this.#cache.bury(id)));
    return ids.length === batchSize;
  }
}

/**
 * What has expired is as if it were not there at once, but goes for good later: a clock that was wrong by an hour or so, and is put
 * right again, has removed nothing.
 */
const expiredForMs = 2 * 60 * 60 * 1000;

/** Small enough to keep nobody waiting who deletes meanwhile. */
const batchSize = 200;
