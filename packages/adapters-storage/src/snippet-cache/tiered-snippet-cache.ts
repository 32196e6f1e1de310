import type { Cache, Metrics, Snippet, SnippetId } from "@gorunner/core";
import type { LruSnippetCache } from "../lru/lru-snippet-cache.js";
import type { RedisSnippetCache } from "../redis/redis-snippet-cache.js";
import type { DeletionWatch } from "./deletion-watch.js";

export interface TieredSnippetCacheOptions {
  /** This process' own memory. */
  own: LruSnippetCache;
  /** What all servers share; absent where there is none. */
  shared: RedisSnippetCache | undefined;
  deletions: DeletionWatch;
  metrics: Pick<Metrics, "snippetCacheLookedUp">;
  /** A number from 0 to 1, 1 excluded: `Math.random`. */
  random: () => number;
}

/**
 * This process' memory before a Redis that all servers share.
 *
 * Where there is a Redis, memory holds only what Redis has answered, so that Redis' tombstones hold for it too, and only
 * while every other server's burial is certain to be heard. Where there is none, memory holds what the store has answered,
 * as long as the store tells what else was deleted there.
 */
export class TieredSnippetCache implements Cache {
  readonly #own: LruSnippetCache;
  readonly #shared: RedisSnippetCache | undefined;
  readonly #deletions: DeletionWatch;
  readonly #metrics: Pick<Metrics, "snippetCacheLookedUp">;
  readonly #random: () => number;

  constructor(options: TieredSnippetCacheOptions) {
    this.#own = options.own;
    this.#shared = options.shared;
    this.#deletions = options.deletions;
    this.#metrics = options.metrics;
    this.#random = options.random;
    options.deletions.onDeleted((ids) => {
      for (const id of ids) void this.#own.bury(id);
    });
  }

  async get(id: SnippetId): Promise<Snippet | "absent" | undefined> {
    const log = await this.#deletions.look();
    if (this.#shared !== undefined) return this.#getShared(this.#shared, id);
    if (log === "known") return this.#own.get(id);
    this.#metrics.snippetCacheLookedUp({ layer: "process", result: "error" });
    return undefined;
  }

  async fill(snippet: Snippet, ttlMs: number): Promise<void> {
    if (!(await this.#takesFills(snippet.id))) return;
    // What was filled in one moment does not go in one moment.
    await (this.#shared ?? this.#own).fill(snippet, ttlMs * (1 - jitter * this.#random()));
  }

  async fillAbsent(id: SnippetId, ttlMs: number): Promise<void> {
    if (await this.#takesFills(id)) await (this.#shared ?? this.#own).fillAbsent(id, ttlMs);
  }

  async bury(id: SnippetId): Promise<void> {
    await this.#own.bury(id);
    await this.#shared?.bury(id);
  }

  async close(): Promise<void> {
    await this.#shared?.close();
  }

  /**
   * Memory, then Redis. A store that does not tell of its deletions is no reason to stop: who deletes something reaches
   * the store, and mostly Redis too.
   */
  async #getShared(shared: RedisSnippetCache, id: SnippetId): Promise<Snippet | "absent" | undefined> {
    const { listening } = shared;
    if (listening === undefined) this.#metrics.snippetCacheLookedUp({ layer: "process", result: "error" });
    else {
      const kept = await this.#own.get(id);
      if (kept !== undefined) return kept;
    }
    const found = await shared.find(id);
    if (found === undefined || found === "absent") return found;
    if (this.#own.isBuried(id)) return undefined;
    if (listening !== undefined && listening === shared.listening) await this.#own.fill(found.snippet, found.leftMs);
    return found.snippet;
  }

  async #takesFills(id: SnippetId): Promise<boolean> {
    await this.#deletions.look();
    return this.#deletions.takesFills && !this.#own.isBuried(id);
  }
}

/** The share of its time to live that an entry may lose. */
const jitter = 0.1;
