/** A Redis that holds what none of us put there, or takes no writes. */
import assert from "node:assert/strict";
import { MemorySnippetRepo } from "@gorunner/adapters-storage";
import { type Snippet, tombstoneTtlMs } from "@gorunner/core";
import { aSnippet, aStoredSnippet } from "@gorunner/core/contract";
import { type FreshRedis, freshRedis, startRedis } from "@gorunner/testing";
import { Redis } from "ioredis";
import { openServerCache } from "./support/caches.js";
import { eventually, recordingLogger } from "./support.js";

const snippet: Snippet = aStoredSnippet();
const key = `gorunner:snippet:${snippet.id}`;
const good = JSON.stringify({ key: snippet.key, code: "c", output: "", error: "", createdAt: 0, sizeBytes: 1 });
const but = (change: object) => JSON.stringify({ ...JSON.parse(good), ...change });

/** Values of every type, and texts that are nearly ours. */
const garbage: [what: string, put: (redis: Redis, name: string) => Promise<unknown>][] = [
  ["a list", (redis, name) => redis.rpush(name, "1", "2")],
  ["a hash", (redis, name) => redis.hset(name, "code", "x")],
  ["a set", (redis, name) => redis.sadd(name, "x")],
  ["a sorted set with times far ahead", (redis, name) => redis.zadd(name, 9e15, "x", "+inf", "y")],
  ["a sorted set of 3,000", (redis, name) => redis.zadd(name, ...Array.from({ length: 3000 }, (_, index) => [9e15, `m${index}`]).flat())],
  ["a stream", (redis, name) => redis.xadd(name, "*", "code", "x")],
  ["an empty string", (redis, name) => redis.set(name, "")],
  ["a string of 100 MB", (redis, name) => redis.setrange(name, 100_000_000, "x")],
  ["bytes that are no UTF-8", (redis, name) => redis.set(name, Buffer.from([0xff, 0xfe, 0x00, 0x80]), "PX", 60_000)],
  ["UTF-8 that is cut", (redis, name) => redis.set(name, Buffer.from(good.replace("c", "é")).subarray(0, 22), "PX", 60_000)],
  ...[
    "null",
    "17",
    "[]",
    "{}",
    "{",
    "[".repeat(100_000),
    "buried by nobody",
    "absent too",
    good.slice(0, -1),
    but({ code: 1 }),
    but({ code: null }),
    but({ output: ["x"] }),
    but({ createdAt: 1e300 }),
    but({ createdAt: "yesterday" }),
    but({ sizeBytes: -0.5 }),
    but({ expiresAt: 1e300 }),
    but({ expiresAt: "never" }),
    but({ toolchain: {} }),
    good.replace('"c"', '"\\ud800"'),
    "9223372036854775807",
    "99999999999999999999999",
    "-1",
  ].map((text): [string, (redis: Redis, name: string) => Promise<unknown>] => [
    text.length > 60 ? `${text.slice(0, 60)}…` : text,
    (redis, name) => redis.set(name, text, "PX", 60_000),
  ]),
];

describe("garbage in Redis", () => {
  let redis: FreshRedis;
  let direct: Redis;
  beforeEach(async () => {
    redis = await freshRedis();
    direct = new Redis(redis.url);
  });
  afterEach(async () => {
    direct.disconnect();
    await redis.drop();
  });

  for (const [what, put] of garbage) {
    it(`where a snippet is kept, ${what}: a miss that makes way, and nobody is blamed`, async () => {
      const { lines, logger } = recordingLogger();
      const cache = await openServerCache(redis.url, { logger });
      try {
        await put(direct, key);
        assert.equal(await cache.get(snippet.id), undefined);
        await eventually(async () => assert.equal(await direct.exists(key), 0));
        await put(direct, key);
        await cache.fill(snippet, 60_000);
        assert.deepEqual(await cache.get(snippet.id), snippet);
        assert.deepEqual(lines, []);
      } finally {
        await cache.close();
      }
    });

    it(`where the place in the log of deletions is kept, ${what}: as if there were none`, async () => {
      const { lines, logger } = recordingLogger();
      const snippets = new MemorySnippetRepo();
      const { id } = await snippets.save(aSnippet());
      await snippets.delete(id, 1n);
      // What is there is read by no one before it is buried.
      await direct.set(`gorunner:snippet:${id}`, good, "PX", 60_000);
      await put(direct, "gorunner:deletions");
      const cache = await openServerCache(redis.url, { logger, snippets });
      try {
        assert.equal(await direct.get(`gorunner:snippet:${id}`), "buried");
        assert.equal(await direct.get("gorunner:deletions"), "1");
        assert.deepEqual(lines, []);
      } finally {
        await cache.close();
      }
    });

    it(`where the listeners are kept, ${what}: burials work, and memory is used again`, async () => {
      const { lines, logger } = recordingLogger();
      await put(direct, "gorunner:listeners");
      const cache = await openServerCache(redis.url, { logger });
      try {
        await put(direct, "gorunner:listeners").catch(() => direct.set("gorunner:listeners", "x"));
        await cache.fill(snippet, 60_000);
        await cache.bury(snippet.id);
        assert.equal(await cache.get(snippet.id), undefined);
        const other = aStoredSnippet({ id: snippet.id + 1n });
        await cache.fill(other, 60_000);
        assert.deepEqual(await cache.get(other.id), other);
        assert.deepEqual(lines, []);
      } finally {
        await cache.close();
      }
    });
  }

  it("a tombstone is not discarded, and one without an end is none", async () => {
    const cache = await openServerCache(redis.url);
    try {
      await cache.bury(snippet.id);
      assert.equal(await cache.get(snippet.id), undefined);
      const leftMs = await direct.pttl(key);
      assert.ok(leftMs > tombstoneTtlMs / 2, `${leftMs} ms`);
      await direct.persist(key);
      assert.equal(await cache.get(snippet.id), undefined);
      await eventually(async () => assert.equal(await direct.exists(key), 0));
    } finally {
      await cache.close();
    }
  });

  it("messages of any kind on every channel change nothing", async () => {
    const { lines, logger } = recordingLogger();
    const cache = await openServerCache(redis.url, { logger });
    try {
      await cache.fill(snippet, 60_000);
      assert.deepEqual(await cache.get(snippet.id), snippet);
      const database = new URL(redis.url).pathname.slice(1);
      const servers = (await direct.pubsub("CHANNELS", "gorunner:server:*")).map(String);
      assert.ok(servers.length > 0);
      for (const channel of [`gorunner:burials:${database}`, ...servers]) {
        for (const message of [
          "",
          " ",
          "1",
          "x y z",
          "0 NaN",
          "0 1e300",
          "1 Infinity",
          "forgotten",
          "forgotten x y",
          "9".repeat(100),
          " ".repeat(1e6),
          "\0",
        ])
          await direct.publish(channel, message);
        for (let epoch = 0; epoch < 5; epoch++) await direct.publish(channel, `${epoch} 1e300`);
      }
      await eventually(async () => assert.deepEqual(await cache.get(snippet.id), snippet));
      const begun = performance.now();
      await cache.bury(snippet.id);
      assert.ok(performance.now() - begun < 10_000);
      assert.equal(await cache.get(snippet.id), undefined);
      assert.deepEqual(lines, []);
    } finally {
      await cache.close();
    }
  });
});

describe("a Redis that takes no writes", () => {
  for (const [what, freeze, thaw] of [
    ["a replica", (redis: Redis) => redis.replicaof("127.0.0.1", 1), (redis: Redis) => redis.replicaof("NO", "ONE")],
    [
      "a master that has too few replicas",
      (redis: Redis) => redis.config("SET", "min-replicas-to-write", "1"),
      (redis: Redis) => redis.config("SET", "min-replicas-to-write", "0"),
    ],
  ] as const) {
    it(`${what}: it is told once, tried more and more seldom, and used again after a write`, async () => {
      const server = await startRedis();
      const direct = new Redis(server.url);
      const { lines, fields, logger } = recordingLogger();
      const cache = await openServerCache(server.url, { logger });
      try {
        await freeze(direct);
        const connections = async () => Number(/total_connections_received:(\d+)/.exec(await direct.info("stats"))?.[1]);
        await eventually(async () => {
          await cache.fill(snippet, 60_000);
          assert.deepEqual(lines, ["warn Redis is unavailable"]);
        });
        assert.match(String(fields[0]?.["reason"]), /it takes no writes \((READONLY|NOREPLICAS)\)/);
        const before = await connections();
        for (let round = 0; round < 60; round++) {
          await cache.fill(snippet, 60_000);
          await cache.bury(snippet.id);
          assert.equal(await cache.get(snippet.id), undefined);
          await new Promise((resolve) => setTimeout(resolve, 25));
        }
        // Pauses of 250, 500, 1000 ms: three or four tries, where there were eleven a second.
        const made = (await connections()) - before;
        assert.ok(made <= 8, `${made} connections in ${60 * 25} ms`);
        assert.deepEqual(lines, ["warn Redis is unavailable"]);
        await thaw(direct);
        const other = aStoredSnippet({ id: snippet.id + 1n });
        await eventually(async () => {
          await cache.fill(other, 60_000);
          assert.deepEqual(await cache.get(other.id), other);
        });
        assert.deepEqual(lines, ["warn Redis is unavailable", "info Redis is available again"]);
      } finally {
        await cache.close();
        direct.disconnect();
        await server.stop();
      }
    });
  }
});
