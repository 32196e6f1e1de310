import assert from "node:assert/strict";
import { LruSnippetCache } from "@gorunner/adapters-storage";
import { tombstoneTtlMs } from "@gorunner/core";
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

  it("a tombstone goes after a minute, and with it what it takes of memory", async () => {
    let nowMs = 1000;
    const cache = new LruSnippetCache({ metrics: noMetrics, now: () => nowMs });
    await cache.bury(7n);
    nowMs += tombstoneTtlMs - 1;
    await cache.fill(aStoredSnippet({ id: 7n }), minuteMs);
    assert.equal(await cache.get(7n), undefined);
    nowMs += 1;
    await cache.fill(aStoredSnippet({ id: 7n }), minuteMs);
    assert.ok((await cache.get(7n)) !== undefined);
  });

  it("burying again makes a tombstone stand longer", async () => {
    let nowMs = 1000;
    const cache = new LruSnippetCache({ metrics: noMetrics, now: () => nowMs });
    await cache.bury(7n);
    await cache.bury(8n);
    nowMs += tombstoneTtlMs - 1;
    await cache.bury(7n);
    nowMs += 2;
    await cache.bury(9n);
    for (const [id, isRefused] of [
      [7n, true],
      [8n, false],
      [9n, true],
    ] as const) {
      await cache.fill(aStoredSnippet({ id }), minuteMs);
      assert.equal((await cache.get(id)) === undefined, isRefused, `${id}`);
    }
  });

  it("counts hits, misses and what is absent", async () => {
    const { lookups, metrics } = recordingMetrics();
    const cache = new LruSnippetCache({ metrics });
    await cache.get(7n);
    await cache.fill(aStoredSnippet({ id: 7n }), minuteMs);
    await cache.get(7n);
    await cache.fillAbsent(8n, minuteMs);
    await cache.get(8n);
    assert.deepEqual(lookups, ["process miss", "process hit", "process absent"]);
  });
});
