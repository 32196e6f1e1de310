import assert from "node:assert/strict";
import type { Cache } from "@gorunner/core";
import { aStoredSnippet } from "../samples.js";
import { casesOn, type It, type Opened } from "../suite.js";

const minuteMs = 60_000;

/** Two caches on one backend, as two servers have them. */
export function declareSharing(it: It, openSharing: () => Promise<Opened<[Cache, Cache]>>): void {
  const check = casesOn(it, openSharing);

  check("what one was filled with the other answers", async ([one, other]) => {
    await one.fill(aStoredSnippet(), minuteMs);
    assert.deepEqual(await other.get(aStoredSnippet().id), aStoredSnippet());
  });

  check("when a burial by one has resolved, the other has let go, however often it had answered", async ([one, other]) => {
    for (let id = 1n; id <= 50n; id++) {
      await other.fill(aStoredSnippet({ id }), minuteMs);
      for (let round = 0; round < 3; round++) assert.deepEqual(await other.get(id), aStoredSnippet({ id }));
      await one.bury(id);
      assert.equal(await other.get(id), undefined);
    }
  });

  check("what one has buried the other refuses", async ([one, other]) => {
    assert.equal(await other.get(aStoredSnippet().id), undefined);
    await one.bury(aStoredSnippet().id);
    await other.fill(aStoredSnippet(), minuteMs);
    assert.equal(await other.get(aStoredSnippet().id), undefined);
    assert.equal(await one.get(aStoredSnippet().id), undefined);
  });

  check("of a burial by one and what races with it on both, the burial wins", async ([one, other]) => {
    for (let id = 1n; id <= 40n; id++) {
      const snippet = aStoredSnippet({ id });
      if (id % 2n === 0n) await other.fill(snippet, minuteMs);
      const racing = [() => other.get(id), () => other.fill(snippet, minuteMs), () => other.get(id), () => one.fill(snippet, minuteMs)];
      racing.splice(Number(id) % 5, 0, () => one.bury(id));
      await Promise.all(racing.map((action): Promise<unknown> => action()));
      assert.equal(await one.get(id), undefined);
      assert.equal(await other.get(id), undefined);
    }
  });

  check("what one was filled with, no other takes for absent any more", async ([one, other]) => {
    for (let id = 1n; id <= 20n; id++) {
      await other.fillAbsent(id, minuteMs);
      await other.get(id);
      await one.fill(aStoredSnippet({ id }), minuteMs);
      await other.fillAbsent(id, minuteMs);
      assert.deepEqual(await other.get(id), aStoredSnippet({ id }));
    }
  });
}
