/** What a read of the store has to wait for besides the store: for no Redis longer than a few milliseconds. */
import assert from "node:assert/strict";
import { DeleteSnippet, GetSnippet, type Snippet, type SnippetId } from "@gorunner/core";
import { aSnippet, aStoredSnippet } from "@gorunner/core/contract";
import { startRedis, TcpProxy, type TestServer, type Way } from "@gorunner/testing";
import { Redis } from "ioredis";
import { type CacheOptions, openRedisCache, openServerCache, type ServerCache } from "./support/caches.js";
import { GatedRepo } from "./support/gated-repo.js";
import { eventually, recordingMetrics } from "./support.js";

const minuteMs = 60_000;

describe("A read of what is in no cache", () => {
  let redis: TestServer;
  let proxy: TcpProxy;
  let direct: Redis;
  let snippets: GatedRepo;
  let closing: ServerCache[];
  before(async () => {
    redis = await startRedis();
    direct = new Redis(redis.url);
  });
  beforeEach(async () => {
    proxy = await TcpProxy.open(redis.port);
    await direct.flushall();
    snippets = new GatedRepo();
    closing = [];
  });
  afterEach(async () => {
    proxy.become({ kind: "open" });
    for (const cache of closing) await cache.close();
    await proxy.close();
  });
  after(async () => {
    direct.disconnect();
    await redis.stop();
  });

  async function openServer(url: string, options: CacheOptions = {}) {
    const cache = await openServerCache(url, { snippets, ...options });
    closing.push(cache);
    const getSnippet = new GetSnippet({ snippets, cache });
    const deleteSnippet = new DeleteSnippet({ snippets, cache, admins: { isAdmin: async () => true } });
    return {
      read: (id: SnippetId) => getSnippet.execute({ id }),
      delete: (id: SnippetId) => deleteSnippet.execute({ id, user: 1n }),
      close: () => getSnippet.close(),
    };
  }

  const saved = async (): Promise<Snippet> => snippets.save(aSnippet());
  const isInRedis = async (id: SnippetId) => assert.match(String(await direct.get(`gorunner:snippet:${id}`)), /^\{/);

  it("is answered by the store where Redis says nothing, which nothing else would end", async () => {
    const server = await openServer(proxy.through(redis.url), { redisPatienceMs: "a server's", redisTimeoutMs: minuteMs });
    proxy.become({ kind: "silent" });
    for (let round = 0; round < 20; round++) {
      const snippet = await saved();
      assert.deepEqual(await server.read(snippet.id), snippet);
    }
  });

  it("does not wait for Redis to keep it, and is kept", async () => {
    const server = await openServer(proxy.through(redis.url), { redisTimeoutMs: minuteMs });
    const snippet = await saved();
    const gate = snippets.hold();
    const read = server.read(snippet.id);
    await gate.reached;
    proxy.become({ kind: "silent" });
    gate.open();
    assert.deepEqual(await read, snippet);
    proxy.become({ kind: "open" });
    await server.close();
    await isInRedis(snippet.id);
  });

  const slow = (delayMs: number): [string, Way] => [`slow by ${delayMs} ms each way`, { kind: "slow", delayMs }];
  const sick: [string, Way][] = [
    ...[10, 30, 100, 1000].map(slow),
    ["hanging", { kind: "silent" }],
    ["trickling", { kind: "trickling", everyMs: 20 }],
  ];

  /** @returns of sixty reads, how many have got an answer of Redis, and how many of the store. */
  async function answersWith(way: Way, redisPatienceMs: CacheOptions["redisPatienceMs"]) {
    const { lookups, metrics } = recordingMetrics();
    const server = await openServer(proxy.through(redis.url), { metrics, ...(redisPatienceMs === undefined ? {} : { redisPatienceMs }) });
    proxy.become(way);
    lookups.length = 0;
    snippets.reads = 0;
    for (let round = 0; round < 60; round++) await server.read((await saved()).id);
    return { ofRedis: lookups.filter((lookup) => lookup === "redis miss").length, ofStore: snippets.reads };
  }

  for (const [name, way] of sick) {
    it(`does not wait until a Redis that is ${name} has answered`, async () => {
      const { ofRedis, ofStore } = await answersWith(way, "a server's");
      assert.equal(ofStore, 60);
      // This process may be held up itself, and finds the answer there when it goes on.
      assert.ok(ofRedis < 30, `${ofRedis} of 60 have waited for the answer`);
    });
  }

  it("waits for a Redis that is slow where it is told to", async () => {
    assert.equal((await answersWith({ kind: "slow", delayMs: 10 }, minuteMs)).ofRedis, 60);
  });

  for (const name of ["the same server", "another server"] as const) {
    it(`and was deleted by ${name} before it was kept stays deleted`, async () => {
      const server = await openServer(proxy.through(redis.url), { redisTimeoutMs: minuteMs });
      const other = await openServer(redis.url);
      const { id } = await saved();
      const gate = snippets.hold();
      const read = server.read(id);
      await gate.reached;
      proxy.become({ kind: "silent" });
      gate.open();
      await read;
      const deletion = (name === "another server" ? other : server).delete(id);
      if (name === "another server") await deletion;
      proxy.become({ kind: "open" });
      await deletion;
      await server.close();
      assert.equal(await direct.get(`gorunner:snippet:${id}`), "buried");
      for (const each of [server, other]) await assert.rejects(each.read(id), { code: "NOT_FOUND" });
    });
  }

  it("and comes to Redis so late that no tombstone is left is not kept", async () => {
    const server = await openServer(proxy.through(redis.url), { redisTimeoutMs: minuteMs, redisFillMs: 100 });
    const { id } = await saved();
    const gate = snippets.hold();
    const read = server.read(id);
    await gate.reached;
    proxy.become({ kind: "silent" });
    gate.open();
    await read;
    // Deleted and buried, and the minute of the tombstone is over.
    await snippets.delete(id, 1n);
    await direct.del(`gorunner:snippet:${id}`);
    const timeAtRedis = async () => (([seconds, micros]) => Number(seconds) * 1000 + Number(micros) / 1000)(await direct.time());
    const lateMs = (await timeAtRedis()) + 101;
    await eventually(async () => assert.ok((await timeAtRedis()) > lateMs));
    proxy.become({ kind: "open" });
    await server.close();
    assert.equal(await direct.get(`gorunner:snippet:${id}`), null);
  });
});

describe("A read of what Redis has", () => {
  it("finds it also where this process was held up for longer than a read waits", async () => {
    const redis = await startRedis();
    const cache = await openRedisCache(redis.url, { redisPatienceMs: "a server's", redisTimeoutMs: minuteMs });
    const snippet = aStoredSnippet();
    await cache.fill(snippet, minuteMs);
    await eventually(async () => assert.deepEqual(await cache.get(snippet.id), snippet));
    const found = cache.get(snippet.id);
    const until = performance.now() + 300;
    while (performance.now() < until);
    assert.deepEqual(await found, snippet);
    await cache.close();
    await redis.stop();
  });
});
