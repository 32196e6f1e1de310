import assert from "node:assert/strict";
import { MemorySnippetRepo } from "@gorunner/adapters-storage";
import { aSnippet, aStoredSnippet } from "@gorunner/core/contract";
import { startRedis, type TestServer } from "@gorunner/testing";
import { Redis } from "ioredis";
import { openRedisCache, openServerCache } from "./support/caches.js";
import { LaggingProxy } from "./support/proxy.js";
import { eventually, recordingLogger, recordingMetrics } from "./support.js";

const minuteMs = 60_000;
const snippet = aStoredSnippet();

/** What a request may cost on average, "a few milliseconds", and a bound ten times as wide. */
const boundMs = 50;

describe("A sick Redis", () => {
  let redis: TestServer;
  before(async () => {
    redis = await startRedis();
  });
  after(() => redis.stop());

  it("paused: costs a request next to nothing once it was noticed, and is used again when it goes on, without a restart", async () => {
    const cache = await openRedisCache(redis.url);
    try {
      redis.pause();
      const begun = performance.now();
      await Promise.all(Array.from({ length: 20 }, (_, index) => cache.get(BigInt(index + 1))));
      assert.ok(performance.now() - begun < 10 * 250, "it was noticed");
      const noticed = performance.now();
      for (let id = 1n; id <= 200n; id++) {
        assert.equal(await cache.get(id), undefined);
        await cache.fill(aStoredSnippet({ id }), minuteMs);
      }
      assert.ok(performance.now() - noticed < 400 * boundMs);
      redis.resume();
      await eventually(async () => {
        await cache.fill(snippet, minuteMs);
        assert.deepEqual(await cache.get(snippet.id), snippet);
      });
    } finally {
      redis.resume();
      await cache.close();
    }
  });

  it("slow: is left alone after a few answers, on nobody's time, until it is fast again", async () => {
    const proxy = await LaggingProxy.before(redis.port);
    const { lines, logger } = recordingLogger();
    const { lookups, metrics } = recordingMetrics();
    const cache = await openRedisCache(`127.0.0.1:${proxy.port}`, { logger, metrics, redisPatienceMs: "a server's" });
    try {
      await cache.fill(snippet, minuteMs);
      await eventually(async () => assert.deepEqual(await cache.get(snippet.id), snippet));
      proxy.delayMs = 100;
      lookups.length = 0;
      const begun = performance.now();
      for (let round = 0; round < 1000; round++) assert.equal(await cache.get(snippet.id), undefined);
      assert.ok(performance.now() - begun < 10 * 250, "a few of a thousand requests waited for the slow Redis");
      assert.deepEqual(new Set(lookups), new Set(["redis error"]));
      assert.deepEqual(lines, ["warn Redis is slow; it is not asked until it is fast again"]);
      proxy.delayMs = 0;
      await eventually(async () => assert.deepEqual(await cache.get(snippet.id), snippet));
      assert.deepEqual(lines, ["warn Redis is slow; it is not asked until it is fast again", "info Redis is fast again"]);
    } finally {
      await cache.close();
      await proxy.close();
    }
  });

  it("one late answer, or a refused one, is no reason to stop asking", async () => {
    const proxy = await LaggingProxy.before(redis.port);
    const direct = new Redis(redis.url);
    const { lines, logger } = recordingLogger();
    const cache = await openRedisCache(`127.0.0.1:${proxy.port}`, { redisTimeoutMs: 5000, redisPatienceMs: 300, logger });
    try {
      await cache.fill(snippet, minuteMs);
      proxy.delayMs = 400;
      assert.equal(await cache.get(snippet.id), undefined);
      proxy.delayMs = 0;
      assert.deepEqual(await cache.get(snippet.id), snippet);
      await direct.call("ACL", "SETUSER", "default", "-getrange");
      assert.equal(await cache.get(99n), undefined);
      await direct.call("ACL", "SETUSER", "default", "+getrange");
      assert.deepEqual(await cache.get(snippet.id), snippet);
      assert.deepEqual(lines, ["warn Redis' command get is unavailable", "info Redis' command get is available again"]);
    } finally {
      direct.disconnect();
      await cache.close();
      await proxy.close();
    }
  });

  it("slow: memory goes on", async () => {
    const proxy = await LaggingProxy.before(redis.port);
    const { lookups, metrics } = recordingMetrics();
    const snippets = new MemorySnippetRepo();
    const cache = await openServerCache(`127.0.0.1:${proxy.port}`, { metrics, snippets, redisPatienceMs: "a server's" });
    try {
      const kept = await snippets.save(aSnippet());
      await cache.fill(kept, minuteMs);
      await eventually(async () => {
        lookups.length = 0;
        assert.deepEqual(await cache.get(kept.id), kept);
        assert.deepEqual(lookups, ["process hit"]);
      });
      proxy.delayMs = 100;
      for (let id = 1000n; id < 1020n; id++) await cache.get(id);
      lookups.length = 0;
      const begun = performance.now();
      // Longer than a lease lasts.
      while (performance.now() - begun < 1300) {
        assert.deepEqual(await cache.get(kept.id), kept);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      assert.ok(!lookups.includes("redis hit"));
      assert.ok(lookups.filter((lookup) => lookup === "process hit").length > 10, lookups.join());
    } finally {
      await cache.close();
      await proxy.close();
    }
  });
});

describe("What other servers hear late or never", () => {
  let redis: TestServer;
  let proxy: LaggingProxy;
  beforeEach(async () => {
    redis = await startRedis();
    proxy = await LaggingProxy.before(redis.port);
  });
  afterEach(async () => {
    await proxy.close();
    await redis.stop();
  });

  for (const [name, lagMs] of [
    ["late", 300],
    ["never", Number.POSITIVE_INFINITY],
  ] as const) {
    it(`a burial that arrives ${name} is not read on the other server once it was acknowledged`, async () => {
      const snippets = new MemorySnippetRepo();
      const one = await openServerCache(redis.url, { snippets });
      const { lookups, metrics } = recordingMetrics();
      // The log of another store: only Redis tells this one anything.
      const other = await openServerCache(`127.0.0.1:${proxy.port}`, { snippets: new MemorySnippetRepo(), metrics });
      try {
        for (let round = 0; round < 3; round++) {
          const deleted = await snippets.save(aSnippet());
          await other.fill(deleted, minuteMs);
          await eventually(async () => {
            lookups.length = 0;
            assert.deepEqual(await other.get(deleted.id), deleted);
            assert.deepEqual(lookups, ["process hit"]);
          });
          proxy.publishedDelayMs = lagMs;
          await snippets.delete(deleted.id, 1n);
          const begun = performance.now();
          const burial = one.bury(deleted.id).then(() => performance.now() - begun);
          let isAcknowledged = false;
          void burial.then(() => (isAcknowledged = true));
          let last = "";
          while (!isAcknowledged) {
            lookups.length = 0;
            await other.get(deleted.id);
            last = lookups.join();
            await new Promise((resolve) => setTimeout(resolve, 1));
          }
          assert.equal(await other.get(deleted.id), undefined, last);
          assert.ok((await burial) < 10_000, "a lease lasts a second; a bound ten times as wide");
          proxy.publishedDelayMs = 0;
          if (lagMs === Number.POSITIVE_INFINITY) return;
        }
      } finally {
        await one.close();
        await other.close();
      }
    });
  }

  it("what Redis answered before the channel broke, and arrives when it is back, is not kept in memory", async () => {
    const { lookups, metrics } = recordingMetrics();
    const one = await openServerCache(redis.url);
    const other = await openServerCache(`127.0.0.1:${proxy.port}`, { metrics });
    const usesMemory = async (id: bigint) => {
      lookups.length = 0;
      await other.get(id);
      assert.deepEqual(lookups, ["process hit"]);
    };
    const [kept, buried] = [aStoredSnippet({ id: 1n }), aStoredSnippet({ id: 2n })];
    try {
      for (const filled of [kept, buried]) await one.fill(filled, minuteMs);
      await eventually(() => usesMemory(kept.id));
      proxy.commandDelayMs = 60;
      const early = other.get(buried.id);
      await new Promise((resolve) => setTimeout(resolve, 20));
      proxy.breakSubscriptions();
      const burial = one.bury(buried.id);
      assert.deepEqual(await early, buried, "it was asked for before the burial");
      proxy.commandDelayMs = 0;
      await burial;
      await eventually(() => usesMemory(kept.id));
      assert.equal(await other.get(buried.id), undefined);
    } finally {
      await one.close();
      await other.close();
    }
  });

  it("a channel on which nothing arrives any more is told to the log, and opened anew", async () => {
    const { lines, logger } = recordingLogger();
    const { lookups, metrics } = recordingMetrics();
    const cache = await openServerCache(`127.0.0.1:${proxy.port}`, { logger, metrics });
    try {
      await cache.fill(snippet, minuteMs);
      proxy.publishedDelayMs = Number.POSITIVE_INFINITY;
      const keepAsking = async () => void (await cache.get(snippet.id));
      await eventually(async () => {
        await keepAsking();
        assert.deepEqual(lines, ["warn Redis' channel of burials is unavailable"]);
      });
      proxy.publishedDelayMs = 0;
      await eventually(async () => {
        lookups.length = 0;
        await keepAsking();
        assert.deepEqual(lookups, ["process hit"]);
      });
      assert.deepEqual(lines, ["warn Redis' channel of burials is unavailable", "info Redis' channel of burials is available again"]);
    } finally {
      await cache.close();
    }
  });
});
