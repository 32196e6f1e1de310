import assert from "node:assert/strict";
import { type Cache, maxInt64 } from "@gorunner/core";
import { aStoredSnippet } from "./samples.js";
import { casesOn, type It, type Opened, withOpened } from "./suite.js";

const minuteMs = 60_000;

/**
 * Every rule of {@link Cache}. `open` gives an empty cache of its own each time, whose backend is there and has room
 * for a few snippets of 3 MiB; `openUnreachable` gives one whose backend is gone (absent for a cache that has none).
 */
export function cacheContract(it: It, open: () => Promise<Opened<Cache>>, openUnreachable?: () => Promise<Opened<Cache>>): void {
  const check = casesOn(it, open);

  it("two opened caches are isolated", () =>
    withOpened(open, (one) =>
      withOpened(open, async (other) => {
        await one.fill(aStoredSnippet(), minuteMs);
        assert.equal(await other.get(aStoredSnippet().id), undefined);
      }),
    ));

  check("a miss is undefined", async (cache) => {
    assert.equal(await cache.get(1n), undefined);
  });

  check("get answers what was filled, the time of creation included", async (cache) => {
    const snippet = aStoredSnippet({ output: "ünïcödé 🦫\r\n", error: "\u0001" });
    await cache.fill(snippet, minuteMs);
    assert.deepEqual(await cache.get(snippet.id), snippet);
  });

  check("ids beyond 2^53 do not collide", async (cache) => {
    const largest = aStoredSnippet({ id: maxInt64, code: "largest" });
    const beside = aStoredSnippet({ id: maxInt64 - 1n, code: "beside" });
    await cache.fill(largest, minuteMs);
    await cache.fill(beside, minuteMs);
    assert.deepEqual(await cache.get(largest.id), largest);
    assert.deepEqual(await cache.get(beside.id), beside);
  });

  check("a second fill replaces the first", async (cache) => {
    await cache.fill(aStoredSnippet({ output: "old" }), minuteMs);
    await cache.fill(aStoredSnippet({ output: "new" }), minuteMs);
    assert.equal((await cache.get(aStoredSnippet().id))?.output, "new");
  });

  check("what was buried is gone, its neighbours are not", async (cache) => {
    const gone = aStoredSnippet({ id: 1n });
    const kept = aStoredSnippet({ id: 2n });
    await cache.fill(gone, minuteMs);
    await cache.fill(kept, minuteMs);
    await cache.bury(gone.id);
    assert.equal(await cache.get(gone.id), undefined);
    assert.deepEqual(await cache.get(kept.id), kept);
  });

  check("burying what was never there does nothing", async (cache) => {
    await cache.bury(404n);
    assert.equal(await cache.get(404n), undefined);
  });

  check("an entry is gone when its time is up", async (cache) => {
    await cache.fill(aStoredSnippet(), 30);
    await eventually(async () => assert.equal(await cache.get(aStoredSnippet().id), undefined));
  });

  check("a large snippet comes back whole or not at all", async (cache) => {
    const large = aStoredSnippet({ output: "\ufffd".repeat(1024 * 1024) });
    await cache.fill(large, minuteMs);
    const found = await cache.get(large.id);
    if (found !== undefined) assert.deepEqual(found, large);
  });

  check("what a caller does to a snippet afterwards does not change the cache", async (cache) => {
    const snippet = aStoredSnippet({ output: "as it was" });
    await cache.fill(snippet, minuteMs);
    snippet.output = "altered";
    const found = await cache.get(snippet.id);
    assert.equal(found?.output, "as it was");
    found.output = "altered again";
    assert.equal((await cache.get(snippet.id))?.output, "as it was");
  });

  if (openUnreachable === undefined) return;
  const checkUnreachable = casesOn(it, openUnreachable);

  checkUnreachable("without its backend it is empty, soon, and rejects nothing", async (cache) => {
    const start = performance.now();
    await cache.fill(aStoredSnippet(), minuteMs);
    assert.equal(await cache.get(aStoredSnippet().id), undefined);
    await cache.bury(aStoredSnippet().id);
    // "Well under a second" a call, three calls, and a bound ten times as wide.
    assert.ok(performance.now() - start < 15_000);
  });
}

/** Retries `assertion` until it holds, for at most five seconds. */
async function eventually(assertion: () => Promise<void>): Promise<void> {
  const deadline = performance.now() + 5000;
  for (;;) {
    try {
      return await assertion();
    } catch (failure) {
      if (performance.now() > deadline) throw failure;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}
