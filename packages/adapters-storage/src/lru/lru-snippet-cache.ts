import type { Cache, Metrics, Snippet, SnippetId } from "@gorunner/core";
import { LRUCache } from "lru-cache";
import { hasExpired } from "../snippet-cache/expiry.js";
import { Tombstones } from "./tombstones.js";

export interface LruSnippetCacheOptions {
  /** What the snippets in it may take of memory together, in bytes, about. 64 MiB unless given. */
  maxBytes?: number;
  metrics: Pick<Metrics, "snippetCacheLookedUp">;
  /** A clock in milliseconds that never goes back. `performance.now` unless given. */
  now?: () => number;
}

/**
 * Snippets in this process: the least recently used go first when room is short.
 *
 * By itself it is for the only process that uses a store; see {@link openSnippetCache} for several.
 */
export class LruSnippetCache implements Cache {
  readonly #entries: LRUCache<SnippetId, Snippet | "absent">;
  readonly #tombstones: Tombstones;
  readonly #metrics: Pick<Metrics, "snippetCacheLookedUp">;

  constructor(options: LruSnippetCacheOptions) {
    const now = options.now ?? (() => performance.now());
    this.#entries = new LRUCache({
      maxSize: options.maxBytes ?? 64 * 1024 * 1024,
      sizeCalculation: bytesOf,
      ttlAutopurge: false,
      perf: { now },
      // Asks the clock each time: a time to live of a millisecond is one.
      ttlResolution: 0,
    });
    this.#tombstones = new Tombstones(now);
    this.#metrics = options.metrics;
  }

  async get(id: SnippetId): Promise<Snippet | "absent" | undefined> {
    const found = this.#find(id);
    this.#metrics.snippetCacheLookedUp({ layer: "process", result: found === undefined ? "miss" : found === "absent" ? "absent" : "hit" });
    return found === undefined || found === "absent" ? found : copyOf(found);
  }

  async fill(snippet: Snippet, ttlMs: number): Promise<void> {
    if (!this.isBuried(snippet.id)) this.#set(snippet.id, copyOf(snippet), ttlMs);
  }

  async fillAbsent(id: SnippetId, ttlMs: number): Promise<void> {
    if (!this.isBuried(id) && this.#find(id) === undefined) this.#set(id, "absent", ttlMs);
  }

  async bury(id: SnippetId): Promise<void> {
    this.#tombstones.add(id);
    this.#entries.delete(id);
  }

  /** Whether fills for `id` are refused, and whoever is about to answer it should not. */
  isBuried(id: SnippetId): boolean {
    return this.#tombstones.has(id);
  }

  /** Forgets all snippets, but no burial. */
  clear(): void {
    this.#entries.clear();
  }

  #find(id: SnippetId): Snippet | "absent" | undefined {
    const found = this.#entries.get(id);
    return found === undefined || found === "absent" || !hasExpired(found) ? found : undefined;
  }

  #set(id: SnippetId, entry: Snippet | "absent", ttlMs: number): void {
    // lru-cache takes a time of zero for "no limit".
    const ttl = Math.floor(Math.min(ttlMs, Number.MAX_SAFE_INTEGER));
    if (ttl >= 1) this.#entries.set(id, entry, { ttl });
  }
}

/** V8 keeps a string at one or two bytes a unit; the object, its id and its time come on top. */
const bytesOf = (entry: Snippet | "absent") =>
  (entry === "absent" ? 0 : 2 * (entry.code.length + entry.output.length + entry.error.length)) + 512;

/** What a caller does to its snippet must not reach ours. */
const copyOf = (snippet: Snippet): Snippet => ({
  ...snippet,
  createdAt: new Date(snippet.createdAt),
  ...(snippet.expiresAt === undefined ? {} : { expiresAt: new Date(snippet.expiresAt) }),
});
