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

export type ServerCache = Cache & { close(): Promise<void> };

export interface CacheOptions {
  snippets?: SnippetRepo;
  logger?: Logger;
  metrics?: CacheMetrics;
  now?: () => number;
  random?: () => number;
  /** Whether to wait until it works. It does, unless told otherwise. */
  isReady?: boolean;
}

/** A server's cache: memory before the Redis at `url`. */
export async function openServerCache(url: string, options: CacheOptions = {}): Promise<ServerCache> {
  const { isReady = true, ...given } = options;
  const cache = openSnippetCache({
    redis: parseRedisAddress(url),
    snippets: new MemorySnippetRepo(),
    logger: silentLogger,
    metrics: noMetrics,
    ...given,
  });
  if (isReady) await worksOrCloses(cache);
  return cache;
}

/** The Redis at `url` alone. */
export async function openRedisCache(url: string, options: CacheOptions & { timeoutMs?: number } = {}): Promise<RedisSnippetCache> {
  const { isReady = true, snippets = new MemorySnippetRepo(), logger = silentLogger, metrics = noMetrics } = options;
  const log = new DeletionLog({ snippets, logger });
  const now = options.now ?? (() => performance.now());
  const cache = new RedisSnippetCache({
    address: parseRedisAddress(url),
    deletions: { log, watch: new DeletionWatch({ log, now }) },
    logger,
    metrics,
    now,
    ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
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
