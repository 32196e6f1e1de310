import { checkSnippetId, type Snippet, type SnippetId } from "../domain/snippet.js";
import { notFound } from "../errors.js";
import type { Cache } from "../ports/cache.js";
import type { SnippetRepo } from "../ports/snippet-repo.js";

/** How long the cache keeps a snippet that was read. */
const cacheTtlMs = 20 * 60 * 1000;

/** Answers a stored snippet; executes nothing. */
export class GetSnippet {
  readonly #snippets: SnippetRepo;
  readonly #cache: Cache;

  constructor(ports: { snippets: SnippetRepo; cache: Cache }) {
    this.#snippets = ports.snippets;
    this.#cache = ports.cache;
  }

  /** @throws RunnerError INVALID_ARGUMENT, NOT_FOUND, UNAVAILABLE. */
  async execute(query: { id: SnippetId }): Promise<Snippet> {
    checkSnippetId(query.id);
    const cached = await this.#cache.get(query.id);
    if (cached !== undefined) return cached;
    const stored = await this.#snippets.findById(query.id);
    if (stored === undefined) throw notFound(`snippet ${query.id} not found`);
    await this.#cache.fill(stored, cacheTtlMs);
    return stored;
  }
}
