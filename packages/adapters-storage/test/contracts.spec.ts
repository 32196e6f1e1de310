import { LruSnippetCache, MemorySnippetRepo, openSnippetCache } from "@gorunner/adapters-storage";
import { silentLogger } from "@gorunner/core";
import { cacheContract, snippetRepoContract } from "@gorunner/core/contract";
import { type FreshRedis, freePort, freshRedis, kitPostgres, kitRedis } from "@gorunner/testing";
import { Redis } from "ioredis";
import { openRedisCache, openServerCache, type ServerCache } from "./support/caches.js";
import { freshPostgresStore, freshSqliteStore, noMetrics, openAt } from "./support.js";

describe("MemorySnippetRepo", () => {
  snippetRepoContract(it, async () => ({ port: new MemorySnippetRepo(), close() {} }));
});

describe("SqliteSnippetRepo", () => {
  snippetRepoContract(
    it,
    async () => {
      const { store, close } = await freshSqliteStore();
      return { port: store.repo, close };
    },
    async () => {
      const { store, close } = await freshSqliteStore();
      await store.close();
      return { port: store.repo, close };
    },
  );
});

describe("PostgresSnippetRepo", () => {
  snippetRepoContract(
    it,
    async () => {
      const { store, close } = await freshPostgresStore({ server: kitPostgres() });
      return { port: store.repo, close };
    },
    async () => {
      const store = await openAt(`postgres://nobody@127.0.0.1:${await freePort()}/nothing`);
      return { port: store.repo, close: () => store.close() };
    },
  );
});

describe("LruSnippetCache", () => {
  cacheContract(it, async () => {
    const { now, passTime } = aClock();
    return { port: new LruSnippetCache({ metrics: noMetrics, now }), passTime, close() {} };
  });
});

for (const [name, openAlike] of [
  ["RedisSnippetCache", openRedisCache],
  ["memory before Redis", openServerCache],
] as const) {
  describe(name, () => {
    cacheContract(
      it,
      async () => {
        const redis = await freshRedis(kitRedis());
        const clock = aClock();
        const port = await openAlike(redis.url, { now: clock.now });
        const passTime = async (ms: number) => {
          clock.passTime(ms);
          await passTimeIn(redis, ms);
        };
        return { port, passTime, close: () => closeAll([port], redis) };
      },
      async () => {
        const port = await openAlike(`127.0.0.1:${await freePort()}`, { isReady: false });
        return { port, close: () => port.close() };
      },
      async () => {
        const redis = await freshRedis(kitRedis());
        const snippets = new MemorySnippetRepo();
        const port: [ServerCache, ServerCache] = [await openAlike(redis.url, { snippets }), await openAlike(redis.url, { snippets })];
        return { port, close: () => closeAll(port, redis) };
      },
    );
  });
}

describe("memory alone, following the store", () => {
  cacheContract(it, async () => {
    const { now, passTime } = aClock();
    const port = openSnippetCache({ snippets: new MemorySnippetRepo(), logger: silentLogger, metrics: noMetrics, now });
    return { port, passTime, close: () => port.close() };
  });
});

async function closeAll(caches: ServerCache[], redis: FreshRedis): Promise<void> {
  for (const cache of caches) await cache.close();
  await redis.drop();
}

/** A clock that goes by itself, and can be put forward. */
function aClock() {
  let passedMs = 0;
  const passTime = (ms: number) => {
    passedMs += ms;
  };
  return { now: () => performance.now() + passedMs, passTime };
}

/** Every key has so much less left to live. */
async function passTimeIn({ url }: FreshRedis, ms: number): Promise<void> {
  const redis = new Redis(url);
  try {
    for (const key of await redis.keys("gorunner:*")) {
      const leftMs = await redis.pttl(key);
      if (leftMs >= 0) await redis.pexpire(key, leftMs - ms);
    }
  } finally {
    redis.disconnect();
  }
}
