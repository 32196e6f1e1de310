/** What a Redis is told of the deletions that it may have missed, by a server that comes to it, and how soon it is used then. */
import assert from "node:assert/strict";
import type { SnippetRepo } from "@gorunner/core";
import { type FreshRedis, freshRedis } from "@gorunner/testing";
import { Redis } from "ioredis";
import pg from "pg";
import { openServerCache } from "./support/caches.js";
import { eventually, freshPostgresStore, recordingMetrics } from "./support.js";

/** How many were deleted when nothing of them can be in Redis any more, and how many when something may. */
const [old, young] = [200_000, 100_000];
/** In the log. Ids of what was deleted are the same here. */
const firstYoung = old + 1;
const last = old + young;

describe("A Redis that may have missed deletions", () => {
  let database: Awaited<ReturnType<typeof freshPostgresStore>>;
  let redis: FreshRedis;
  let direct: Redis;
  before(async () => {
    database = await freshPostgresStore();
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query(
      `insert into gorunner_deletions (snippet_id, deleted_by, deleted_at)
        select n, 1, now() - case when n <= $1 then interval '121 minutes' else interval '119 minutes' end from generate_series(1, $2::int) as n`,
      [old, last],
    );
    await client.end();
  });
  beforeEach(async () => {
    redis = await freshRedis();
    direct = new Redis(redis.url);
  });
  afterEach(async () => {
    direct.disconnect();
    await redis.drop();
  });
  after(() => database.close());

  /** Opens a server's cache on the Redis and waits until that is used. @returns how many deletions the store told for it. */
  async function comeToIt(): Promise<number> {
    const { repo } = database.store;
    // On a busy machine it may begin anew, and be told of some twice.
    const told = new Set<bigint>();
    const deletionsSince: SnippetRepo["deletionsSince"] = async (...asked) => {
      const page = await repo.deletionsSince(...asked);
      for (const { id } of page.deletions) told.add(id);
      return page;
    };
    const { lookups, metrics } = recordingMetrics();
    const cache = await openServerCache(redis.url, { snippets: { deletionsSince }, metrics, isReady: false });
    try {
      const begun = performance.now();
      await eventually(async () => {
        await cache.get(BigInt(last + 1));
        assert.ok(lookups.includes("redis miss"));
      });
      assert.ok(performance.now() - begun < 10_000, "two seconds are meant");
    } finally {
      await cache.close();
    }
    return told.size;
  }

  const isBuried = async (id: number) => (await direct.get(`gorunner:snippet:${id}`)) === "buried";

  it("is told of all that it may hold and of nothing older, when it knows no place in the log", async () => {
    assert.equal(await comeToIt(), young);
    assert.equal(await direct.get("gorunner:deletions"), `${last}`);
    for (const id of [firstYoung, firstYoung + 1, firstYoung + young / 2, last]) assert.ok(await isBuried(id), `${id}`);
    assert.ok(!(await isBuried(old)));
  });

  it("also when it knows one of long ago", async () => {
    await direct.set("gorunner:deletions", "7");
    assert.equal(await comeToIt(), young);
    assert.ok(await isBuried(firstYoung));
  });

  it("is told of what comes after the place that it knows, where that is later", async () => {
    await direct.set("gorunner:deletions", `${last - 10}`);
    assert.equal(await comeToIt(), 10);
    assert.ok(await isBuried(last));
    assert.ok(!(await isBuried(last - 10)));
  });
});
