import assert from "node:assert/strict";
import {
  DeletionLog,
  DeletionWatch,
  MemorySnippetRepo,
  openSnippetCache,
  parseRedisAddress,
  RedisSnippetCache,
} from "@gorunner/adapters-storage";
import { type Cache, type Logger, maxInt64, type SnippetRepo, silentLogger } from "@gorunner/core";
import { aStoredSnippet } from "@gorunner/core/contract";
import { type CacheMetrics, eventually, noMetrics } from "../support.js";

const longMs = 60_000;

export type ServerCache = Cache & { close(): Promise<void> };

export interface CacheOptions {
  snippets?: Pick<SnippetRepo, "deletionsSince">;
  logger?: Logger;
  metrics?: CacheMetrics;
  now?: () => number;
  random?: () => number;
  redisTimeoutMs?: number;
  redisFillMs?: number;
  /**
   * How long a read may wait for Redis. As long as it takes, unless told otherwise: on a busy machine a Redis that is well may
   * take longer than a server waits, and most tests are of something else.
   */
  redisPatienceMs?: number | "a server's";
  /** Whether to wait until it works. It does, unless told otherwise. */
  isReady?: boolean;
}

/** A server's cache: memory before the Redis at `url`. */
export async function openServerCache(url: string, options: CacheOptions = {}): Promise<ServerCache> {
  const { isReady = true, redisPatienceMs, ...given } = options;
  const cache = openSnippetCache({
    redis: parseRedisAddress(url),
    snippets: new MemorySnippetRepo(),
    logger: silentLogger,
    metrics: noMetrics,
    ...(redisPatienceMs === "a server's" ? {} : { redisPatienceMs: redisPatienceMs ?? longMs }),
    ...given,
  });
  if (isReady) await worksOrCloses(cache);
  return cache;
}

/** The Redis at `url` alone. */
export async function openRedisCache(url: string, options: CacheOptions = {}): Promise<RedisSnippetCache> {
  const { isReady = true, redisPatienceMs, snippets = new MemorySnippetRepo(), logger = silentLogger, metrics = noMetrics } = options;
  const log = new DeletionLog({ snippets, logger });
  const now = options.now ?? (() => performance.now());
  const cache = new RedisSnippetCache({
    address: parseRedisAddress(url),
    deletions: { log, watch: new DeletionWatch({ log, now }) },
    logger,
    metrics,
    now,
    ...(redisPatienceMs === "a server's" ? {} : { patienceMs: redisPatienceMs ?? longMs }),
    ...(options.redisTimeoutMs === undefined ? {} : { timeoutMs: options.redisTimeoutMs }),
    onBuried() {},
    onBroken() {},
  });
  if (isReady) await worksOrCloses(cache);
  return cache;
}

async function worksOrCloses(cache: ServerCache): Promise<void> {
  try {
    await works(cache);
  } catch (failure) {
    await cache.close();
    throw failure;
  }
}

/** Waits until `cache` keeps what it is given. It is as it was then, but for a snippet that nobody else uses. */
async function works(cache: Cache): Promise<void> {
  const probe = aStoredSnippet({ id: maxInt64 - 7n });
  await eventually(async () => {
    await cache.fill(probe, 1000);
    // Once from what is shared, once from memory.
    assert.deepEqual(await cache.get(probe.id), probe);
    assert.deepEqual(await cache.get(probe.id), probe);
  });
}
