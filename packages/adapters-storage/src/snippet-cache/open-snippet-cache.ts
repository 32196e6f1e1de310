import type { Cache, Logger, Metrics, SnippetRepo } from "@gorunner/core";
import { LruSnippetCache } from "../lru/lru-snippet-cache.js";
import type { RedisAddress } from "../redis/redis-address.js";
import { RedisSnippetCache } from "../redis/redis-snippet-cache.js";
import { DeletionLog } from "./deletion-log.js";
import { DeletionWatch } from "./deletion-watch.js";
import { TieredSnippetCache } from "./tiered-snippet-cache.js";

export interface OpenSnippetCacheOptions {
  /** What all servers on one store share; this process' memory alone where it is absent. */
  redis?: RedisAddress;
  /** The store that the cache stands before: its log of deletions is followed. */
  snippets: Pick<SnippetRepo, "deletionsSince">;
  logger: Logger;
  metrics: Pick<Metrics, "snippetCacheLookedUp">;
  /** What the snippets in memory may take, in bytes, about. 64 MiB unless given. */
  maxBytes?: number;
  /** How long a call that changes something may wait for Redis. 250 ms unless given. */
  redisTimeoutMs?: number;
  /** How long a read may wait for Redis. 5 ms unless given. */
  redisPatienceMs?: number;
  /** How late what is to be kept may come to Redis. 30 s unless given. */
  redisFillMs?: number;
  /** A clock in milliseconds that never goes back. `performance.now` unless given. */
  now?: () => number;
  /** A number from 0 to 1, 1 excluded. `Math.random` unless given. */
  random?: () => number;
}

/**
 * The cache of a server: memory, before Redis where there is one.
 *
 * @throws RunnerError INVALID_ARGUMENT when a file of the address can't be read.
 */
export function openSnippetCache(options: OpenSnippetCacheOptions): Cache & { close(): Promise<void> } {
  const { redis: address, logger, metrics } = options;
  const now = options.now ?? (() => performance.now());
  const log = new DeletionLog(options);
  const watch = new DeletionWatch({ log, now });
  const own = new LruSnippetCache({ ...(options.maxBytes === undefined ? {} : { maxBytes: options.maxBytes }), metrics, now });
  const shared =
    address &&
    new RedisSnippetCache({
      address,
      deletions: { log, watch },
      logger,
      metrics,
      ...(options.redisTimeoutMs === undefined ? {} : { timeoutMs: options.redisTimeoutMs }),
      ...(options.redisPatienceMs === undefined ? {} : { patienceMs: options.redisPatienceMs }),
      ...(options.redisFillMs === undefined ? {} : { fillMs: options.redisFillMs }),
      now,
      onBuried: (id) => void own.bury(id),
      onBroken: () => own.clear(),
    });
  return new TieredSnippetCache({ own, shared, deletions: watch, metrics, random: options.random ?? Math.random });
}
