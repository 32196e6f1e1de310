/** Several servers on one Redis and one store: what is deleted stays deleted, whatever happens at the same time. */
import assert from "node:assert/strict";
import { DeleteSnippet, GetSnippet, RunnerError, type Snippet, type SnippetId } from "@gorunner/core";
import { aSnippet } from "@gorunner/core/contract";
import { freshRedis, startRedis, type TestServer } from "@gorunner/testing";
import { Redis } from "ioredis";
import { openServerCache, type ServerCache } from "./support/caches.js";
import { GatedRepo } from "./support/gated-repo.js";
import { eventually, recordingMetrics } from "./support.js";

const adminId = 1n;

interface Server {
  cache: ServerCache;
  read(id: SnippetId): Promise<Snippet | undefined>;
  delete(id: SnippetId): Promise<void>;
  lookups: string[];
}

async function openServer(redisUrl: string, snippets: GatedRepo): Promise<Server> {
  const { lookups, metrics } = recordingMetrics();
  const cache = await openServerCache(redisUrl, { snippets, metrics });
  const getSnippet = new GetSnippet({ snippets, cache });
  const deleteSnippet = new DeleteSnippet({ snippets, cache, admins: { isAdmin: async () => true } });
  return {
    cache,
    lookups,
    delete: (id) => deleteSnippet.execute({ id, user: adminId }),
    async read(id) {
      try {
        return await getSnippet.execute({ id });
      } catch (failure) {
        if (failure instanceof RunnerError && failure.code === "NOT_FOUND") return undefined;
        throw failure;
      }
    },
  };
}

describe("Servers on one Redis and one store", () => {
  let redisUrl: string;
  let snippets: GatedRepo;
  let one: Server;
  let other: Server;
  let close: () => Promise<void>;
  beforeEach(async () => {
    const redis = await freshRedis();
    redisUrl = redis.url;
    snippets = new GatedRepo();
    [one, other] = [await openServer(redisUrl, snippets), await openServer(redisUrl, snippets)];
    close = async () => {
      await one.cache.close();
      await other.cache.close();
      await redis.drop();
    };
  });
  afterEach(() => close());

  const saved = async () => (await snippets.save(aSnippet())).id;
  const isGone = async (id: SnippetId) => {
    for (const server of [one, other, one, other]) assert.equal(await server.read(id), undefined);
  };

  it("a hundred concurrent reads on each make one store read on each at most, and later ones none", async () => {
    const id = await saved();
    snippets.reads = 0;
    await Promise.all(Array.from({ length: 200 }, (_, index) => (index % 2 ? one : other).read(id)));
    assert.ok(snippets.reads <= 2, `${snippets.reads} store reads`);
    snippets.reads = 0;
    for (let round = 0; round < 20; round++) assert.ok(await one.read(id));
    await eventually(async () => {
      one.lookups.length = 0;
      assert.ok(await one.read(id));
      assert.deepEqual(one.lookups, ["process hit"]);
    });
    assert.equal(snippets.reads, 0);
  });

  for (const [name, deleter] of [
    ["the same server", () => one],
    ["another server", () => other],
  ] as const) {
    it(`a deletion by ${name} between a read's look into the store and its fill leaves nothing readable`, async () => {
      const id = await saved();
      const gate = snippets.hold();
      const read = one.read(id);
      await gate.reached;
      await deleter().delete(id);
      gate.open();
      assert.ok((await read) !== undefined, "it began when the snippet was there");
      await isGone(id);
    });
  }

  it("a deletion whose server dies before it can bury is known to all in two seconds", async () => {
    const id = await saved();
    for (let round = 0; round < 3; round++) for (const server of [one, other]) assert.ok(await server.read(id));
    await snippets.delete(id, adminId);
    await eventually(() => isGone(id));
    await isGone(id);
  });

  it("an id that was asked for before it existed is found on every server once it does", async () => {
    for (let round = 0; round < 10; round++) {
      const next = (await saved()) + 1n;
      for (const server of [one, other, one, other]) assert.equal(await server.read(next), undefined);
      const created = await snippets.save(aSnippet());
      assert.equal(created.id, next);
      await one.cache.fill(created, 60_000);
      for (const server of [other, one, other]) assert.deepEqual(await server.read(next), created);
    }
  });

  it("a thousand interleavings of reads and a deletion end with nothing readable, and what was acknowledged is at once", async () => {
    const random = sequence(20261126);
    for (let round = 0; round < 250; round++) {
      const ids = await Promise.all(Array.from({ length: 4 }, saved));
      snippets.delaysMs = () => random(3);
      await Promise.all(
        ids.map(async (id) => {
          const [deleter, reader] = random(2) === 0 ? [one, other] : [other, one];
          const reads = Array.from({ length: 3 }, async () => {
            await turns(random(4));
            await (random(2) === 0 ? one : other).read(id);
          });
          await turns(random(6));
          await deleter.delete(id);
          assert.equal(await reader.read(id), undefined, `acknowledged, and read by the other server, in round ${round}`);
          await Promise.all(reads);
          assert.equal(await one.read(id), undefined);
          assert.equal(await other.read(id), undefined);
        }),
      );
    }
  });

  it("a broken channel alone empties memory, and memory is used again when it is back", async () => {
    const id = await saved();
    for (let round = 0; round < 3; round++) assert.ok(await one.read(id));
    const direct = new Redis(redisUrl);
    for (let round = 0; round < 3; round++) {
      const victim = await saved();
      for (let again = 0; again < 3; again++) for (const server of [one, other]) assert.ok(await server.read(victim));
      await direct.call("CLIENT", "KILL", "TYPE", "pubsub");
      await one.delete(victim);
      await isGone(victim);
    }
    await eventually(async () => {
      one.lookups.length = 0;
      assert.ok(await one.read(id));
      assert.deepEqual(one.lookups, ["process hit"]);
    });
    direct.disconnect();
  });

  it("a Redis that is emptied while a snippet is deleted brings nothing back", async () => {
    const direct = new Redis(redisUrl);
    for (let round = 0; round < 20; round++) {
      const id = await saved();
      for (const server of [one, other]) assert.ok(await server.read(id));
      const gate = snippets.hold();
      await direct.flushdb();
      const read = other.read(id + (round % 2 === 0 ? 0n : 1000n));
      const deletion = one.delete(id);
      await direct.flushdb();
      await deletion;
      await direct.flushdb();
      gate.open();
      await read;
      await isGone(id);
    }
    direct.disconnect();
  });
});

describe("Servers whose Redis fails while they delete", () => {
  let redis: TestServer;
  before(async () => {
    redis = await startRedis({ durable: true });
  });
  after(() => redis.stop());

  for (const [name, leave, comeBack] of [
    ["killed", () => redis.kill(), () => redis.start()],
    ["paused", async () => redis.pause(), async () => redis.resume()],
  ] as const) {
    it(`${name}: nothing that was deleted is readable, then or when it is back`, async () => {
      const direct = new Redis(redis.url, { retryStrategy: () => 50 }).on("error", () => {});
      await direct.flushall();
      const snippets = new GatedRepo();
      const servers = [await openServer(redis.url, snippets), await openServer(redis.url, snippets)] as const;
      const [one, other] = servers;
      const ids = (await Promise.all(Array.from({ length: 20 }, () => snippets.save(aSnippet())))).map(({ id }) => id);
      for (let round = 0; round < 3; round++) for (const id of ids) for (const server of servers) assert.ok(await server.read(id));
      const deletions = ids.slice(0, 10).map((id) => one.delete(id));
      await leave();
      await Promise.all(deletions);
      for (const id of ids.slice(10)) await other.delete(id);
      // Both are cut off, and neither answers from memory for longer than a lease.
      await eventually(async () => {
        for (const id of ids) for (const server of servers) assert.equal(await server.read(id), undefined);
      });
      await comeBack();
      const until = performance.now() + 1500;
      let answersOfRedis = 0;
      while (performance.now() < until || answersOfRedis === 0) {
        for (const server of servers) server.lookups.length = 0;
        for (const id of ids) for (const server of servers) assert.equal(await server.read(id), undefined);
        answersOfRedis += servers.flatMap(({ lookups }) => lookups).filter((lookup) => /^redis (miss|absent)/.test(lookup)).length;
        await turns(1);
      }
      direct.disconnect();
      for (const { cache } of servers) await cache.close();
    });
  }
});

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** The same whole numbers below `limit` in each run (a linear congruential generator, as in POSIX' example of rand). */
function sequence(seed: number) {
  let state = seed;
  return (limit: number) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 16) % limit;
  };
}
