/** Deletions of which Redis hears by nobody but the store's log: by servers that were cut off from it, or died. */
import assert from "node:assert/strict";
import { DeleteSnippet, GetSnippet, type Snippet, type SnippetId, type SnippetRepo } from "@gorunner/core";
import { aSnippet } from "@gorunner/core/contract";
import { type FreshRedis, freshRedis, TcpProxy } from "@gorunner/testing";
import { Redis } from "ioredis";
import { openServerCache, type ServerCache } from "./support/caches.js";
import { GatedRepo } from "./support/gated-repo.js";
import { eventually } from "./support.js";

const admin = 1n;

describe("A deletion of which only the store's log tells", () => {
  let redis: FreshRedis;
  let direct: Redis;
  let proxy: TcpProxy;
  let snippets: GatedRepo;
  let caches: ServerCache[];
  /** How much later it is for the servers than it would be. */
  let laterMs: number;
  beforeEach(async () => {
    redis = await freshRedis();
    direct = new Redis(redis.url);
    proxy = await TcpProxy.open(Number(new URL(redis.url).port));
    snippets = new GatedRepo();
    caches = [];
    laterMs = 0;
  });
  afterEach(async () => {
    for (const cache of caches) await cache.close();
    await proxy.close();
    direct.disconnect();
    await redis.drop();
  });

  async function open({
    url = redis.url,
    log = snippets,
    isReady = true,
  }: {
    url?: string;
    log?: Pick<SnippetRepo, "deletionsSince">;
    isReady?: boolean;
  } = {}) {
    const cache = await openServerCache(url, { snippets: log, isReady, now: () => performance.now() + laterMs });
    caches.push(cache);
    const getSnippet = new GetSnippet({ snippets, cache });
    const deleteSnippet = new DeleteSnippet({ snippets, cache, admins: { isAdmin: async () => true } });
    return {
      read: (id: SnippetId) => getSnippet.execute({ id }),
      delete: (id: SnippetId) => deleteSnippet.execute({ id, user: admin }),
    };
  }

  const saved = async (): Promise<Snippet> => snippets.save(aSnippet());
  const inRedis = (id: SnippetId) => direct.get(`gorunner:snippet:${id}`);
  const place = () => direct.get("gorunner:deletions");

  /** A snippet that lies in Redis. */
  async function kept(): Promise<SnippetId> {
    const server = await open();
    const { id } = await saved();
    await server.read(id);
    await eventually(async () => assert.match(String(await inRedis(id)), /^\{/));
    return id;
  }

  /** A server that has come to Redis and was never asked for anything. */
  async function openIdle() {
    // What there is to tell a Redis, or nothing would show that it was told.
    await snippets.delete((await saved()).id, admin);
    const end = (await snippets.deletionsSince(undefined, 1)).cursor;
    const server = await open({ isReady: false });
    await eventually(async () => assert.equal(await place(), end));
    return server;
  }

  it("is known two seconds later to a server that nobody had asked for anything before", async () => {
    const id = await kept();
    const idle = await openIdle();
    await snippets.delete(id, admin);
    laterMs += 2000;
    for (let round = 0; round < 3; round++) await assert.rejects(idle.read(id), { code: "NOT_FOUND" });
    await eventually(async () => assert.equal(await inRedis(id), "buried"));
  });

  it("is never left out of what Redis is said to have been told", async () => {
    const id = await kept();
    const idle = await openIdle();
    await snippets.delete(id, admin);
    const other = await saved();
    await idle.read(other.id);
    await idle.delete(other.id);
    const end = (await snippets.deletionsSince(undefined, 1)).cursor;
    laterMs += 2000;
    await assert.rejects(idle.read(other.id), { code: "NOT_FOUND" });
    await eventually(async () => assert.equal(await place(), end));
    assert.equal(await inRedis(id), "buried");
    await assert.rejects((await open()).read(id), { code: "NOT_FOUND" });
  });

  it("is not left out either by who began to tell a Redis that has come back with older data since", async () => {
    const id = await kept();
    const json = String(await inRedis(id));
    await snippets.delete(id, admin);
    // More than one part of the log.
    for (let count = 0; count < 1500; count++) await snippets.delete((await saved()).id, admin);
    const held: (() => void)[] = [];
    let parts = 0;
    const log: Pick<SnippetRepo, "deletionsSince"> = {
      async deletionsSince(...asked) {
        const page = await snippets.deletionsSince(...asked);
        if (asked[0] === undefined) return page;
        parts += 1;
        if (parts > 1) await new Promise<void>((resolve) => held.push(resolve));
        return page;
      },
    };
    try {
      await open({ url: proxy.through(redis.url), log, isReady: false });
      await eventually(async () => assert.deepEqual([held.length, await inRedis(id)], [1, "buried"]));
      proxy.become({ kind: "closed" });
      await direct.flushdb();
      await direct.set(`gorunner:snippet:${id}`, json, "PX", 60_000);
      proxy.become({ kind: "open" });
      await eventually(() => assert.equal(held.length, 2));
      held[0]?.();
      // The server that comes now reads on from the place that it finds.
      await assert.rejects((await open()).read(id), { code: "NOT_FOUND" });
      assert.equal(await inRedis(id), "buried");
    } finally {
      for (const release of held) release();
    }
  });
});
