import assert from "node:assert/strict";
import { tombstoneTtlMs } from "@gorunner/core";
import { aStoredSnippet } from "../samples.js";
import { casesOn, type It } from "../suite.js";
import type { OpenedCache } from "./opened-cache.js";

const minuteMs = 60_000;

/** That what was buried stays buried. */
export function declareBurials(it: It, open: () => Promise<OpenedCache>): void {
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

  it("a tombstone stands for as long as a read that began earlier may take, and longer", async () => {
    const { port: cache, passTime = waitForStore, close } = await open();
    try {
      const snippet = aStoredSnippet();
      await cache.bury(snippet.id);
      // A second less than it stands, for those whose clock goes on by itself.
      await passTime(tombstoneTtlMs - 1000);
      await cache.fill(snippet, minuteMs);
      assert.equal(await cache.get(snippet.id), undefined);
      await cache.fillAbsent(snippet.id, minuteMs);
      assert.equal(await cache.get(snippet.id), undefined);
    } finally {
      await close();
    }
  });

  check("every tombstone stands, however many there are", async (cache) => {
    const ids = Array.from({ length: 200 }, (_, index) => BigInt(index + 1));
    for (const id of ids) await cache.bury(id);
    for (const id of ids) await cache.fill(aStoredSnippet({ id }), minuteMs);
    for (const id of ids) assert.equal(await cache.get(id), undefined, `${id}`);
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

/** Where time can't be made to pass, as long is waited as a call to the store takes at most: what tombstones are for. */
const waitForStore = () => new Promise((resolve) => setTimeout(resolve, 5000));
