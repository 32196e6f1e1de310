import assert from "node:assert/strict";
import { LruSnippetCache } from "@gorunner/adapters-storage";
import { aStoredSnippet } from "@gorunner/core/contract";
import { noMetrics, recordingMetrics } from "./support.js";

const minuteMs = 60_000;

describe("LruSnippetCache, its bounds and counts", () => {
  it("holds no more than its bytes: the least recently used goes first", async () => {
    const cache = new LruSnippetCache({ maxBytes: 100_000, metrics: noMetrics });
    const tenKilobytes = "x".repeat(5_000);
    for (let id = 1n; id <= 9n; id++) await cache.fill(aStoredSnippet({ id, code: tenKilobytes }), minuteMs);
    assert.ok((await cache.get(1n)) !== undefined);
    await cache.fill(aStoredSnippet({ id: 10n, code: tenKilobytes }), minuteMs);
    assert.equal(await cache.get(2n), undefined);
    assert.ok((await cache.get(1n)) !== undefined);
    assert.ok((await cache.get(10n)) !== undefined);
  });

  it("does not keep what is larger than all of it, nor lets it push out the rest", async () => {
    const cache = new LruSnippetCache({ maxBytes: 10_000, metrics: noMetrics });
    await cache.fill(aStoredSnippet({ id: 1n }), minuteMs);
    await cache.fill(aStoredSnippet({ id: 2n, output: "x".repeat(10_000) }), minuteMs);
    assert.equal(await cache.get(2n), undefined);
    assert.ok((await cache.get(1n)) !== undefined);
  });

  it("takes any time to live", async () => {
    const cache = new LruSnippetCache({ metrics: noMetrics });
    for (const [ttlMs, isKept] of [
      [0, false],
      [-1, false],
      [0.5, false],
      [Number.NaN, false],
      [minuteMs + 0.5, true],
      [Number.POSITIVE_INFINITY, true],
    ] as const) {
      await cache.bury(7n);
      await cache.fill(aStoredSnippet({ id: 7n }), ttlMs);
      assert.equal((await cache.get(7n)) !== undefined, isKept, `${ttlMs}`);
    }
  });

  it("counts hits and misses", async () => {
    const { lookups, metrics } = recordingMetrics();
    const cache = new LruSnippetCache({ metrics });
    await cache.get(7n);
    await cache.fill(aStoredSnippet({ id: 7n }), minuteMs);
    await cache.get(7n);
    assert.deepEqual(lookups, ["process miss", "process hit"]);
  });
});
