import type { Cache, Logger, Metrics, Snippet, SnippetId } from "@gorunner/core";
import type { RedisAddress } from "./redis-address.js";
import { RedisConnection } from "./redis-connection.js";
import { snippetFromJson, snippetToJson } from "./snippet-json.js";

export interface RedisSnippetCacheOptions {
  address: RedisAddress;
  logger: Logger;
  metrics: Pick<Metrics, "snippetCacheLookedUp">;
  /** How long a call may wait for Redis. 250 ms unless given. */
  timeoutMs?: number;
}

/**
 * Snippets in a Redis that several servers share, under `gorunner:snippet:<id>`.
 *
 * A snippet that is buried while Redis can't be reached is gone for this process at once, and from Redis as soon as it is
 * back. Other servers that still reach Redis may read it until then, at most for its time to live.
 */
export class RedisSnippetCache implements Cache {
  readonly #connection: RedisConnection;
  readonly #metrics: Pick<Metrics, "snippetCacheLookedUp">;
  /** Buried here, perhaps not yet in Redis. Ids are never reused, so nothing valid is refused for being in it. */
  readonly #unburied = new Set<SnippetId>();
  #retry: NodeJS.Timeout | undefined;

  constructor(options: RedisSnippetCacheOptions) {
    this.#metrics = options.metrics;
    this.#connection = new RedisConnection({
      address: options.address,
      logger: options.logger,
      timeoutMs: options.timeoutMs ?? 250,
      onReady: () => void this.#buryRest(),
    });
  }

  async get(id: SnippetId): Promise<Snippet | undefined> {
    const { snippet, result } = await this.#lookUp(id);
    this.#metrics.snippetCacheLookedUp({ layer: "redis", result });
    return snippet;
  }

  async fill(snippet: Snippet, ttlMs: number): Promise<void> {
    const wholeTtlMs = Math.floor(Math.min(ttlMs, longestTtlMs));
    if (!(wholeTtlMs >= 1) || this.#unburied.has(snippet.id)) return;
    const json = snippetToJson(snippet);
    await settled(this.#connection.set(keyOf(snippet.id), json, wholeTtlMs));
  }

  async bury(id: SnippetId): Promise<void> {
    this.#unburied.add(id);
    await this.#buryRest();
  }

  /** @throws RunnerError UNAVAILABLE, with the reason, when Redis can't be reached. */
  check(): Promise<void> {
    return this.#connection.check();
  }

  async close(): Promise<void> {
    clearTimeout(this.#retry);
    this.#connection.close();
  }

  async #lookUp(id: SnippetId): Promise<{ snippet?: Snippet; result: "hit" | "miss" | "error" }> {
    if (this.#unburied.has(id)) return { result: "miss" };
    const found = await settled(this.#connection.get(keyOf(id)));
    if (found === failed) return { result: "error" };
    const snippet = found === null ? undefined : snippetFromJson(id, found);
    // It may have been buried while Redis answered.
    return snippet === undefined || this.#unburied.has(id) ? { result: "miss" } : { snippet, result: "hit" };
  }

  /** Deletes in Redis what was buried here; what can't be is tried again when the connection is back, or in a while. */
  async #buryRest(): Promise<void> {
    clearTimeout(this.#retry);
    const ids = [...this.#unburied].slice(0, batchSize);
    if (ids.length === 0) return;
    if ((await settled(this.#connection.delete(ids.map(keyOf)))) === failed) {
      this.#retry = this.#connection.isReady ? setTimeout(() => void this.#buryRest(), retryMs).unref() : undefined;
      return;
    }
    for (const id of ids) this.#unburied.delete(id);
    if (this.#unburied.size > 0) await this.#buryRest();
  }
}

const keyOf = (id: SnippetId) => `gorunner:snippet:${id}`;

const longestTtlMs = 365 * 24 * 60 * 60 * 1000;
const batchSize = 1000;
const retryMs = 2000;

const failed = Symbol("failed");

/** A cache that fails is an empty one; the connection has told the log what there is to tell. */
async function settled<Value>(command: Promise<Value>): Promise<Value | typeof failed> {
  try {
    return await command;
  } catch {
    return failed;
  }
}
