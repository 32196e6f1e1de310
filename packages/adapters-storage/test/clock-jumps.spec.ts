/** A wall clock that jumps by an hour either way, and comes back: this process' by a Date that the test sets, Redis' by its keys. */
import assert from "node:assert/strict";
import { mock } from "node:test";
import { LruSnippetCache, MemorySnippetRepo } from "@gorunner/adapters-storage";
import { ExpireSnippets, type Snippet, type SnippetRepo } from "@gorunner/core";
import { aSnippet, aStoredSnippet } from "@gorunner/core/contract";
import { freshRedis } from "@gorunner/testing";
import { Redis } from "ioredis";
import { openServerCache } from "./support/caches.js";
import { eventually, freshSqliteStore, noMetrics } from "./support.js";

const hourMs = 60 * 60 * 1000;
const minuteMs = 60 * 1000;
const twoHoursMs = 2 * hourMs;

/** Does `body` with a Date that it can set; the clock that never goes back goes on by itself. */
async function withWallClock(body: (jump: (ms: number) => void) => Promise<void>): Promise<void> {
  const begun = Date.now();
  mock.timers.enable({ apis: ["Date"], now: begun });
  try {
    await body((ms) => mock.timers.setTime(begun + ms));
  } finally {
    mock.timers.reset();
  }
}

for (const [name, open] of [
  ["the store in memory", async () => ({ repo: new MemorySnippetRepo() as SnippetRepo, close: async () => {} })],
  [
    "SQLite",
    async () => {
      const { store, close } = await freshSqliteStore();
      return { repo: store.repo, close };
    },
  ],
] as const) {
  for (const jumpMs of [hourMs, -hourMs]) {
    describe(`${name}, when the wall clock jumps by ${jumpMs > 0 ? "" : "minus "}an hour`, () => {
      it("loses no snippet, resurrects none, and tells the log's readers of every deletion, in order", () =>
        withWallClock(async (jump) => {
          const { repo, close } = await open();
          try {
            const deletions: bigint[] = [];
            const kept: Snippet[] = [];
            for (const ms of [0, jumpMs, 0]) {
              jump(ms);
              kept.push(await repo.save(aSnippet()));
              const { id } = await repo.save(aSnippet());
              assert.equal(await repo.delete(id, 1n), true);
              deletions.push(id);
              for (const snippet of kept) assert.deepEqual(await repo.findById(snippet.id), snippet);
              for (const gone of deletions) assert.equal(await repo.findById(gone), undefined);
              const log = await repo.deletionsSince("", 100, { youngerThanMs: twoHoursMs });
              assert.deepEqual(
                log.deletions.map((deletion) => deletion.id),
                deletions,
              );
              const times = log.deletions.map(({ at }) => at.getTime());
              assert.deepEqual(
                times,
                times.toSorted((a, b) => a - b),
              );
            }
          } finally {
            await close();
          }
        }));

      it("removes nothing for good that has not expired by the clock that comes back", () =>
        withWallClock(async (jump) => {
          const { repo, close } = await open();
          const cache = new LruSnippetCache({ metrics: noMetrics });
          const sweep = new ExpireSnippets({ snippets: repo, cache });
          try {
            const soon = await repo.save(aSnippet({ expiresAt: new Date(Date.now() + 30 * minuteMs) }));
            const old = await repo.save(aSnippet({ expiresAt: new Date(Date.now() - 4 * hourMs) }));
            jump(jumpMs);
            await sweep.execute();
            assert.deepEqual(await repo.findById(soon.id), jumpMs > 0 ? undefined : soon);
            jump(0);
            assert.deepEqual(await repo.findById(soon.id), soon);
            assert.deepEqual(
              (await repo.deletionsSince("", 10)).deletions.map(({ id }) => id),
              [old.id],
            );
          } finally {
            await close();
          }
        }));
    });
  }
}

describe("the cache, when the wall clock jumps by an hour", () => {
  for (const jumpMs of [hourMs, -hourMs]) {
    it(`${jumpMs > 0 ? "forward" : "back"}: memory and Redis go on, and what was buried stays so`, () =>
      withWallClock(async (jump) => {
        const redis = await freshRedis();
        const [one, other] = [await openServerCache(redis.url), await openServerCache(redis.url)];
        try {
          const [kept, buried] = [aStoredSnippet({ id: 1n }), aStoredSnippet({ id: 2n })];
          for (const snippet of [kept, buried]) await one.fill(snippet, minuteMs);
          await one.bury(buried.id);
          for (const ms of [jumpMs, 0]) {
            jump(ms);
            for (const cache of [one, other]) {
              assert.deepEqual(await cache.get(kept.id), kept);
              await cache.fill(buried, minuteMs);
              assert.equal(await cache.get(buried.id), undefined);
            }
          }
          const late = aStoredSnippet({ id: 3n });
          await one.fill(late, minuteMs);
          assert.deepEqual(await other.get(late.id), late);
          await one.bury(late.id);
          assert.equal(await other.get(late.id), undefined);
        } finally {
          await one.close();
          await other.close();
          await redis.drop();
        }
      }));
  }

  it("Redis' clock back: what would be answered for an hour longer than it was kept for is discarded", async () => {
    const redis = await freshRedis();
    const direct = new Redis(redis.url);
    const cache = await openServerCache(redis.url);
    try {
      const snippet = aStoredSnippet({ id: 1n });
      await cache.fill(snippet, 20 * minuteMs);
      await cache.fillAbsent(2n, 1000);
      // What a key has left to live grows by as much as the clock is set back.
      for (const id of [1, 2]) await direct.pexpire(`gorunner:snippet:${id}`, (await direct.pttl(`gorunner:snippet:${id}`)) + hourMs);
      await direct.zadd("gorunner:listeners", Date.now() + hourMs, "a server that listened before");
      for (const id of [1n, 2n]) {
        assert.equal(await cache.get(id), undefined);
        await eventually(async () => assert.equal(await direct.exists(`gorunner:snippet:${id}`), 0));
      }
      await cache.bury(1n);
      // The listener of an hour ahead is waited for once, and not for an hour.
      assert.equal(await direct.zscore("gorunner:listeners", "a server that listened before"), null);
    } finally {
      await cache.close();
      direct.disconnect();
      await redis.drop();
    }
  });
});
