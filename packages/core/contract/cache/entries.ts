import assert from "node:assert/strict";
import { type Cache, maxInt64, type Snippet } from "@gorunner/core";
import { eventually } from "../eventually.js";
import { aStoredSnippet } from "../samples.js";
import { casesOn, type It, type Opened, withOpened } from "../suite.js";

const minuteMs = 60_000;

/** What is kept, in what state, and for how long. */
export function declareEntries(it: It, open: () => Promise<Opened<Cache>>): void {
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

  check("get answers what was filled, the time of creation included, however often", async (cache) => {
    const snippet = aStoredSnippet({ output: "ünïcödé 🦫\r\n", error: "\u0001" });
    await cache.fill(snippet, minuteMs);
    for (let round = 0; round < 3; round++) assert.deepEqual(await cache.get(snippet.id), snippet);
  });

  check("every field comes back, those that may be missing too", async (cache) => {
    const snippet = aStoredSnippet({ output: "", error: "", toolchain: "go1.26.8", expiresAt: new Date(Date.now() + minuteMs) });
    await cache.fill(snippet, minuteMs);
    for (let round = 0; round < 3; round++) assert.deepEqual(await cache.get(snippet.id), snippet);
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
    assert.equal(textOf(await cache.get(aStoredSnippet().id)), "new");
  });

  check("a second fill's time to live counts, not the first's", async (cache) => {
    await cache.fill(aStoredSnippet(), minuteMs);
    await cache.fill(aStoredSnippet(), 30);
    await eventually(async () => assert.equal(await cache.get(aStoredSnippet().id), undefined));
  });

  check("a hundred racing fills are kept apart", async (cache) => {
    const snippets = Array.from({ length: 100 }, (_, index) => aStoredSnippet({ id: BigInt(index + 1), code: `code ${index}` }));
    await Promise.all(snippets.map((snippet) => cache.fill(snippet, minuteMs)));
    assert.deepEqual(await Promise.all(snippets.map(({ id }) => cache.get(id))), snippets);
  });

  check("an entry is gone when its time is up", async (cache) => {
    await cache.fill(aStoredSnippet(), 30);
    await eventually(async () => assert.equal(await cache.get(aStoredSnippet().id), undefined));
  });

  check("any time to live is taken; less than a millisecond is none", async (cache) => {
    for (const [index, ttlMs] of [0, -1, 0.5, Number.NaN, Number.NEGATIVE_INFINITY].entries()) {
      const snippet = aStoredSnippet({ id: BigInt(index + 1) });
      await cache.fill(snippet, ttlMs);
      assert.equal(await cache.get(snippet.id), undefined, `${ttlMs}`);
    }
    for (const [index, ttlMs] of [minuteMs + 0.5, 1e12, Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY].entries()) {
      const snippet = aStoredSnippet({ id: BigInt(index + 101) });
      await cache.fill(snippet, ttlMs);
      assert.deepEqual(await cache.get(snippet.id), snippet, `${ttlMs}`);
    }
  });

  check("a snippet that has expired is not answered, whatever its time to live", async (cache) => {
    await cache.fill(aStoredSnippet({ id: 1n, expiresAt: new Date(Date.now() - 1) }), minuteMs);
    assert.equal(await cache.get(1n), undefined);
    await cache.fill(aStoredSnippet({ id: 2n, expiresAt: new Date(Date.now() + 50) }), minuteMs);
    await cache.get(2n);
    await eventually(async () => assert.equal(await cache.get(2n), undefined));
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
    snippet.createdAt.setTime(0);
    for (let round = 0; round < 3; round++) {
      const found = await cache.get(snippet.id);
      assert.ok(found !== undefined && found !== "absent");
      assert.deepEqual(found, aStoredSnippet({ output: "as it was" }));
      found.output = "altered again";
      found.createdAt.setTime(0);
    }
  });

  check("what is known to be absent is told so, for its time", async (cache) => {
    await cache.fillAbsent(1n, minuteMs);
    for (let round = 0; round < 3; round++) assert.equal(await cache.get(1n), "absent");
    assert.equal(await cache.get(2n), undefined);
    await cache.fillAbsent(3n, 30);
    await eventually(async () => assert.equal(await cache.get(3n), undefined));
    await cache.fillAbsent(4n, 0);
    assert.equal(await cache.get(4n), undefined);
  });

  check("a snippet wins over its absence, whichever comes first", async (cache) => {
    const snippet = aStoredSnippet();
    await cache.fillAbsent(snippet.id, minuteMs);
    assert.equal(await cache.get(snippet.id), "absent");
    await cache.fill(snippet, minuteMs);
    assert.deepEqual(await cache.get(snippet.id), snippet);
    await cache.fillAbsent(snippet.id, minuteMs);
    assert.deepEqual(await cache.get(snippet.id), snippet);
  });
}

const textOf = (found: Snippet | "absent" | undefined) => (found === undefined || found === "absent" ? found : found.output);
