import { LruSnippetCache, MemorySnippetRepo, openSnippetCache } from "@gorunner/adapters-storage";
import { silentLogger } from "@gorunner/core";
import { cacheContract, snippetRepoContract } from "@gorunner/core/contract";
import { type FreshRedis, freePort, freshRedis, kitPostgres, kitRedis } from "@gorunner/testing";
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
  cacheContract(it, async () => ({ port: new LruSnippetCache({ metrics: noMetrics }), close() {} }));
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
        const port = await openAlike(redis.url);
        return { port, close: () => closeAll([port], redis) };
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
    const port = openSnippetCache({ snippets: new MemorySnippetRepo(), logger: silentLogger, metrics: noMetrics });
    return { port, close: () => port.close() };
  });
});

async function closeAll(caches: ServerCache[], redis: FreshRedis): Promise<void> {
  for (const cache of caches) await cache.close();
  await redis.drop();
}
