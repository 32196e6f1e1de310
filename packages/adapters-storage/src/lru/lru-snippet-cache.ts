import type { Cache, Metrics, Snippet, SnippetId } from "@gorunner/core";
import { LRUCache } from "lru-cache";

export interface LruSnippetCacheOptions {
  /** What the snippets in it may take of memory together, in bytes, about. 64 MiB unless given. */
  maxBytes?: number;
  metrics: Pick<Metrics, "snippetCacheLookedUp">;
}

/** Snippets in this process: the least recently used go first when room is short. */
export class LruSnippetCache implements Cache {
  readonly #snippets: LRUCache<SnippetId, Snippet>;
  readonly #metrics: Pick<Metrics, "snippetCacheLookedUp">;

  constructor(options: LruSnippetCacheOptions) {
    this.#snippets = new LRUCache({ maxSize: options.maxBytes ?? 64 * 1024 * 1024, sizeCalculation: bytesOf, ttlAutopurge: false });
    this.#metrics = options.metrics;
  }

  async get(id: SnippetId): Promise<Snippet | undefined> {
    const found = this.#snippets.get(id);
    this.#metrics.snippetCacheLookedUp({ layer: "process", result: found === undefined ? "miss" : "hit" });
    return found === undefined ? undefined : copyOf(found);
  }

  async fill(snippet: Snippet, ttlMs: number): Promise<void> {
    // lru-cache takes a time of zero for "no limit".
    const ttl = Math.floor(Math.min(ttlMs, Number.MAX_SAFE_INTEGER));
    if (ttl >= 1) this.#snippets.set(snippet.id, copyOf(snippet), { ttl });
  }

  async bury(id: SnippetId): Promise<void> {
    this.#snippets.delete(id);
  }
}

/** V8 keeps a string at one or two bytes a unit; the object, its id and its time come on top. */
const bytesOf = ({ code, output, error }: Snippet) => 2 * (code.length + output.length + error.length) + 512;

/** What a caller does to its snippet must not reach ours. */
const copyOf = (snippet: Snippet): Snippet => ({ ...snippet, createdAt: new Date(snippet.createdAt) });
