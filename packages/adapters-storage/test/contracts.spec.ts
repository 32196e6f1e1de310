import { LruSnippetCache, MemorySnippetRepo, parseRedisAddress, RedisSnippetCache } from "@gorunner/adapters-storage";
import { silentLogger } from "@gorunner/core";
import { cacheContract, snippetRepoContract } from "@gorunner/core/contract";
import { freePort, freshRedis, kitPostgres, kitRedis } from "@gorunner/testing";
import { connectedCache, freshPostgresStore, freshSqliteStore, noMetrics, openAt } from "./support.js";

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

describe("RedisSnippetCache", () => {
  cacheContract(
    it,
    async () => {
      const redis = await freshRedis(kitRedis());
      const port = await connectedCache(redis.url);
      const close = async () => {
        await port.close();
        await redis.drop();
      };
      return { port, close };
    },
    async () => {
      const address = parseRedisAddress(`127.0.0.1:${await freePort()}`);
      const port = new RedisSnippetCache({ address, logger: silentLogger, metrics: noMetrics });
      return { port, close: () => port.close() };
    },
  );
});
