import assert from "node:assert/strict";
import type { Cache } from "@gorunner/core";
import { aStoredSnippet } from "../samples.js";
import { casesOn, type It, type Opened } from "../suite.js";

const minuteMs = 60_000;

/** That what was buried stays buried. */
export function declareBurials(it: It, open: () => Promise<Opened<Cache>>): void {
  const check = casesOn(it, open);

  check("what was buried is gone, its neighbours are not", async (cache) => {
    const gone = aStoredSnippet({ id: 1n });
    const kept = aStoredSnippet({ id: 2n });
    await cache.fill(gone, minuteMs);
    await cache.fill(kept, minuteMs);
    await cache.bury(gone.id);
    assert.equal(await cache.get(gone.id), undefined);
    assert.deepEqual(await cache.get(kept.id), kept);
  });

  check("burying what was never there does nothing, twice neither", async (cache) => {
    await cache.bury(404n);
    await cache.bury(404n);
    assert.equal(await cache.get(404n), undefined);
  });

  check("a fill by a read that began before the burial is refused", async (cache) => {
    const snippet = aStoredSnippet();
    assert.equal(await cache.get(snippet.id), undefined);
    await cache.bury(snippet.id);
    for (let round = 0; round < 3; round++) {
      await cache.fill(snippet, minuteMs);
      assert.equal(await cache.get(snippet.id), undefined);
    }
  });

  check("an id that was buried is not said to be absent: it may have been buried before it existed", async (cache) => {
    await cache.fillAbsent(1n, minuteMs);
    await cache.bury(1n);
    assert.equal(await cache.get(1n), undefined);
    await cache.fillAbsent(1n, minuteMs);
    assert.equal(await cache.get(1n), undefined);
  });

  check("of a burial and what races with it, the burial wins", async (cache) => {
    const actions = [
      (id: bigint) => cache.fill(aStoredSnippet({ id }), minuteMs),
      (id: bigint) => cache.fillAbsent(id, minuteMs),
      (id: bigint) => cache.get(id),
      (id: bigint) => cache.fill(aStoredSnippet({ id }), minuteMs),
    ];
    for (let id = 1n; id <= 60n; id++) {
      const place = Number(id) % (actions.length + 1);
      const racing = [...actions.slice(0, place), (buried: bigint) => cache.bury(buried), ...actions.slice(place)];
      await Promise.all(racing.map((action) => action(id)));
      assert.equal(await cache.get(id), undefined, `the burial came as number ${place + 1}`);
    }
  });
}
