import assert from "node:assert/strict";
import { parseRedisAddress, RedisSnippetCache } from "@gorunner/adapters-storage";
import { silentLogger } from "@gorunner/core";
import { aStoredSnippet } from "@gorunner/core/contract";
import { freePort, freshRedis, startRedis, type TestServer } from "@gorunner/testing";
import { Redis } from "ioredis";
import { connectedCache, eventually, noMetrics, recordingLogger, recordingMetrics, runnerError } from "./support.js";

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
      const cache = await connectedCache(redis.url, { logger, metrics });
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

    it(`${name}: what is buried meanwhile is gone here at once, and from Redis when it is back`, async () => {
      const cache = await connectedCache(redis.url);
      const direct = new Redis(redis.url, { retryStrategy: () => 50 }).on("error", () => {});
      try {
        await cache.fill(snippet, minuteMs);
        assert.equal(await direct.exists(`gorunner:snippet:${snippet.id}`), 1);
        await leave();
        await cache.bury(snippet.id);
        await cache.fill(snippet, minuteMs);
        assert.equal(await cache.get(snippet.id), undefined);
        await comeBack();
        assert.equal(await cache.get(snippet.id), undefined);
        await eventually(async () => assert.equal(await direct.exists(`gorunner:snippet:${snippet.id}`), 0));
        assert.equal(await cache.get(snippet.id), undefined);
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
    const cache = new RedisSnippetCache({ address: parseRedisAddress(own.url), logger, metrics: noMetrics });
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
  it("counts hits, misses and errors", async () => {
    const redis = await freshRedis();
    const { lookups, metrics } = recordingMetrics();
    const cache = await connectedCache(redis.url, { metrics });
    await cache.get(snippet.id);
    await cache.fill(snippet, minuteMs);
    await cache.get(snippet.id);
    await cache.close();
    await cache.get(snippet.id);
    assert.deepEqual(lookups, ["redis miss", "redis hit", "redis error"]);
    await redis.drop();
  });

  it("keeps a snippet under a prefixed key, for its time", async () => {
    const redis = await freshRedis();
    const cache = await connectedCache(redis.url);
    const direct = new Redis(redis.url);
    await cache.fill(snippet, minuteMs);
    assert.deepEqual(await direct.keys("*"), [`gorunner:snippet:${snippet.id}`]);
    const left = await direct.pttl(`gorunner:snippet:${snippet.id}`);
    assert.ok(left > 0 && left <= minuteMs, `${left} ms are left`);
    direct.disconnect();
    await cache.close();
    await redis.drop();
  });

  it("takes what others left under its key for a miss", async () => {
    const redis = await freshRedis();
    const cache = await connectedCache(redis.url);
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

  it("takes any time to live", async () => {
    const redis = await freshRedis();
    const cache = await connectedCache(redis.url);
    for (const ttlMs of [0, -1, 0.5, Number.NaN]) {
      await cache.fill(snippet, ttlMs);
      assert.equal(await cache.get(snippet.id), undefined, `${ttlMs}`);
    }
    for (const ttlMs of [1e9, Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY]) {
      await cache.bury(snippet.id);
      await cache.fill(snippet, ttlMs);
      assert.deepEqual(await cache.get(snippet.id), snippet, `${ttlMs}`);
    }
    await cache.close();
    await redis.drop();
  });

  it("two caches on one Redis see each other's fills and burials", async () => {
    const redis = await freshRedis();
    const [one, other] = [await connectedCache(redis.url), await connectedCache(redis.url)];
    await one.fill(snippet, minuteMs);
    assert.deepEqual(await other.get(snippet.id), snippet);
    await other.bury(snippet.id);
    assert.equal(await one.get(snippet.id), undefined);
    await one.close();
    await other.close();
    await redis.drop();
  });

  it("a Redis that refuses writes is told once, and still read", async () => {
    const own = await startRedis();
    const direct = new Redis(own.url);
    const { lines, logger } = recordingLogger();
    const cache = await connectedCache(own.url, { logger });
    await cache.fill(snippet, minuteMs);
    await direct.config("SET", "maxmemory", "1");
    for (let round = 0; round < 5; round++) {
      await cache.fill(aStoredSnippet({ id: 99n }), minuteMs);
      assert.deepEqual(await cache.get(snippet.id), snippet);
    }
    assert.deepEqual(lines, ["warn Redis' command set is unavailable"]);
    direct.disconnect();
    await cache.close();
    await own.stop();
  });

  it("a password that is right works, one that is wrong or missing is UNAVAILABLE, and none is ever logged", async () => {
    const own = await startRedis({ password: "s3cr:t p@ss" });
    const cache = await connectedCache(own.url);
    await cache.fill(snippet, minuteMs);
    assert.deepEqual(await cache.get(snippet.id), snippet);
    await cache.close();

    for (const [url, reason] of [
      [`redis://:wr0ng-guess@127.0.0.1:${own.port}`, /WRONGPASS/],
      [`redis://somebody:wr0ng-guess@127.0.0.1:${own.port}`, /WRONGPASS/],
      [`127.0.0.1:${own.port}`, /NOAUTH/],
    ] as const) {
      const { fields, lines, logger } = recordingLogger();
      const refused = new RedisSnippetCache({ address: parseRedisAddress(url), logger, metrics: noMetrics });
      const failure: unknown = await refused.check().catch((thrown: unknown) => thrown);
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
    const cache = new RedisSnippetCache({ address: parseRedisAddress(`:${await freePort()}`), logger: silentLogger, metrics: noMetrics });
    await cache.close();
    assert.equal(await cache.get(1n), undefined);
    await cache.bury(1n);
  });
});
