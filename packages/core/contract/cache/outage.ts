import assert from "node:assert/strict";
import type { Cache } from "@gorunner/core";
import { aStoredSnippet } from "../samples.js";
import { casesOn, type It, type Opened } from "../suite.js";

const minuteMs = 60_000;

/** A cache whose backend is gone. */
export function declareOutage(it: It, openUnreachable: () => Promise<Opened<Cache>>): void {
  const check = casesOn(it, openUnreachable);

  check("without its backend it is empty, soon, and rejects nothing", async (cache) => {
    const { id } = aStoredSnippet();
    const start = performance.now();
    await cache.fill(aStoredSnippet(), minuteMs);
    assert.equal(await cache.get(id), undefined);
    await cache.fillAbsent(id, minuteMs);
    assert.equal(await cache.get(id), undefined);
    await cache.bury(id);
    await cache.fill(aStoredSnippet(), minuteMs);
    assert.equal(await cache.get(id), undefined);
    // "Well under a second" a call, seven calls, and a bound ten times as wide.
    assert.ok(performance.now() - start < 35_000);
  });

  check("without its backend it does not hold up those who come often", async (cache) => {
    const start = performance.now();
    for (let id = 1n; id <= 100n; id++) assert.equal(await cache.get(id), undefined);
    // A few milliseconds each on average, and a bound ten times as wide.
    assert.ok(performance.now() - start < 100 * 30);
  });
}
