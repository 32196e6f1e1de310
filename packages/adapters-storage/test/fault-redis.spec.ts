import assert from "node:assert/strict";
import { checkRedis, MemorySnippetRepo, parseRedisAddress } from "@gorunner/adapters-storage";
import { aSnippet, aStoredSnippet } from "@gorunner/core/contract";
import { freePort, freshRedis, startRedis, type TestServer } from "@gorunner/testing";
import { Redis } from "ioredis";
import { openRedisCache, openServerCache } from "./support/caches.js";
import { eventually, recordingLogger, recordingMetrics, runnerError } from "./support.js";

const minuteMs = 60_000;
const snippet = aStoredSnippet();

describe("RedisSnippetCache, when Redis comes and goes", () => {
  let redis: TestServer;
  before(async () => {
    redis = await startRedis({ durable: true });
  });
  after(() => redis.stop());

  for (const [name, leave, comeBack] of [
    ["stopped", () => redis.stop(), () => redis.start()],
    ["killed", () => redis.kill(), () => redis.start()],
    ["paused", async () => redis.pause(), async () => redis.resume()],
  ] as const) {
    it(`${name}: calls end soon, the log hears of it once, and it works again when Redis is back`, async () => {
      const { lines, logger } = recordingLogger();
      const { lookups, metrics } = recordingMetrics();
      const cache = await openRedisCache(redis.url, { logger, metrics });
      lookups.length = 0;
      try {
        await leave();
        const start = performance.now();
        for (let round = 0; round < 20; round++) {
          await cache.fill(snippet, minuteMs);
          assert.equal(await cache.get(snippet.id), undefined);
        }
        assert.ok(performance.now() - start < 10_000, "forty calls took less than ten seconds");
        assert.deepEqual(new Set(lookups), new Set(["redis error"]));
        await eventually(() => assert.deepEqual(lines, ["warn Redis is unavailable"]));
        await comeBack();
        await eventually(async () => {
          await cache.fill(snippet, minuteMs);
          assert.deepEqual(await cache.get(snippet.id), snippet);
        });
        assert.deepEqual(lines, ["warn Redis is unavailable", "info Redis is available again"]);
      } finally {
        await cache.close();
      }
    });

    it(`${name}: what is deleted meanwhile is gone here at once, and from Redis before it is read again`, async () => {
      const snippets = new MemorySnippetRepo();
      const direct = new Redis(redis.url, { retryStrategy: () => 50 }).on("error", () => {});
      // Another store's snippets have no business here.
      await direct.flushall();
      const cache = await openServerCache(redis.url, { snippets });
      try {
        const deleted = await snippets.save(aSnippet());
        await cache.fill(deleted, minuteMs);
        for (let round = 0; round < 3; round++) assert.deepEqual(await cache.get(deleted.id), deleted);
        await leave();
        await snippets.delete(deleted.id, 1n);
        await cache.bury(deleted.id);
        await cache.fill(deleted, minuteMs);
        assert.equal(await cache.get(deleted.id), undefined);
        await comeBack();
        await eventually(async () => {
          assert.equal(await cache.get(deleted.id), undefined);
          assert.equal(await direct.get(`gorunner:snippet:${deleted.id}`), "buried");
        });
        const other = await openServerCache(redis.url, { snippets });
        assert.equal(await other.get(deleted.id), undefined);
        await other.close();
      } finally {
        direct.disconnect();
        await cache.close();
      }
    });
  }

  it("a Redis that was never there is told once, and found when it comes", async () => {
    const own = await startRedis();
    await own.stop();
    const { lines, logger } = recordingLogger();
    const cache = await openRedisCache(own.url, { logger, isReady: false });
    try {
      await assert.rejects(cache.check(), runnerError("UNAVAILABLE", /ECONNREFUSED/));
      assert.equal(await cache.get(1n), undefined);
      assert.deepEqual(lines, ["warn Redis is unavailable"]);
      await own.start();
      await eventually(() => cache.check());
      assert.deepEqual(lines, ["warn Redis is unavailable", "info Redis is available again"]);
    } finally {
      await cache.close();
      await own.stop();
    }
  });
});

describe("RedisSnippetCache, what it says and keeps", () => {
  it("counts hits, misses, what is absent, and errors", async () => {
    const redis = await freshRedis();
    const { lookups, metrics } = recordingMetrics();
    const cache = await openRedisCache(redis.url, { metrics });
    const given = lookups.length;
    await cache.get(snippet.id);
    await cache.fillAbsent(snippet.id, minuteMs);
    await cache.get(snippet.id);
    await cache.fill(snippet, minuteMs);
    await cache.get(snippet.id);
    await cache.close();
    await cache.get(snippet.id);
    assert.deepEqual(lookups.slice(given), ["redis miss", "redis absent", "redis hit", "redis error"]);
    await redis.drop();
  });

  it("keeps a snippet under a prefixed key, for its time", async () => {
    const redis = await freshRedis();
    const cache = await openRedisCache(redis.url);
    const direct = new Redis(redis.url);
    await cache.fill(snippet, minuteMs);
    for (const key of await direct.keys("*")) assert.match(key, /^gorunner:/);
    const left = await direct.pttl(`gorunner:snippet:${snippet.id}`);
    assert.ok(left > 0 && left <= minuteMs, `${left} ms are left`);
    direct.disconnect();
    await cache.close();
    await redis.drop();
  });

  it("takes what others left under its key for a miss", async () => {
    const redis = await freshRedis();
    const cache = await openRedisCache(redis.url);
    const direct = new Redis(redis.url);
    for (const foreign of ["", "{", "null", "[]", '"text"', '{"code":1}', '{"code":"a","output":"b","error":"c"}']) {
      await direct.set(`gorunner:snippet:${snippet.id}`, foreign);
      assert.equal(await cache.get(snippet.id), undefined, foreign);
    }
    await direct.del(`gorunner:snippet:${snippet.id}`);
    await direct.lpush(`gorunner:snippet:${snippet.id}`, "of another type");
    assert.equal(await cache.get(snippet.id), undefined);
    direct.disconnect();
    await cache.close();
    await redis.drop();
  });

  it("takes for a miss what stays for longer than we keep anything, such as for ever", async () => {
    const redis = await freshRedis();
    const cache = await openRedisCache(redis.url);
    const direct = new Redis(redis.url);
    const key = `gorunner:snippet:${snippet.id}`;
    await cache.fill(snippet, minuteMs);
    await direct.persist(key);
    assert.equal(await cache.get(snippet.id), undefined);
    await direct.pexpire(key, 61 * minuteMs);
    assert.equal(await cache.get(snippet.id), undefined);
    await direct.set(key, "absent");
    assert.equal(await cache.get(snippet.id), undefined);
    await cache.fill(snippet, minuteMs);
    assert.deepEqual(await cache.get(snippet.id), snippet);
    direct.disconnect();
    await cache.close();
    await redis.drop();
  });

  it("a Redis that refuses writes is told once, and still read", async () => {
    const own = await startRedis();
    const direct = new Redis(own.url);
    const { lines, logger } = recordingLogger();
    const cache = await openRedisCache(own.url, { logger });
    await cache.fill(snippet, minuteMs);
    await direct.config("SET", "maxmemory", "1");
    for (let round = 0; round < 5; round++) {
      await cache.fill(aStoredSnippet({ id: 99n }), minuteMs);
      assert.deepEqual(await cache.get(snippet.id), snippet);
    }
    assert.deepEqual(lines, ["warn Redis' command fill is unavailable"]);
    direct.disconnect();
    await cache.close();
    await own.stop();
  });

  it("a password that is right works, one that is wrong or missing is UNAVAILABLE, and none is ever logged", async () => {
    const own = await startRedis({ password: "s3cr:t p@ss" });
    const cache = await openRedisCache(own.url);
    await cache.fill(snippet, minuteMs);
    assert.deepEqual(await cache.get(snippet.id), snippet);
    await cache.close();

    for (const [url, reason] of [
      [`redis://:wr0ng-guess@127.0.0.1:${own.port}`, /WRONGPASS/],
      [`redis://somebody:wr0ng-guess@127.0.0.1:${own.port}`, /WRONGPASS/],
      [`127.0.0.1:${own.port}`, /NOAUTH/],
    ] as const) {
      const { fields, lines, logger } = recordingLogger();
      const refused = await openRedisCache(url, { logger, isReady: false });
      const failure: unknown = await refused.check().catch((thrown: unknown) => thrown);
      await assert.rejects(checkRedis(parseRedisAddress(url)), runnerError("UNAVAILABLE", reason));
      assert.ok(failure instanceof Error);
      assert.match(failure.message, reason);
      await refused.close();
      const told = [
        failure.message,
        failure.cause instanceof Error ? { ...failure.cause, message: failure.cause.message } : "",
        lines,
        fields,
      ];
      assert.doesNotMatch(JSON.stringify(told), /wr0ng|s3cr/);
    }
    await own.stop();
  });

  it("closing does not wait for a Redis that does not answer", async () => {
    const cache = await openServerCache(`:${await freePort()}`, { isReady: false });
    await cache.close();
    assert.equal(await cache.get(1n), undefined);
    await cache.bury(1n);
  });
});
