import assert from "node:assert/strict";
import { DeletionLog, DeletionWatch, openSnippetCache } from "@gorunner/adapters-storage";
import { silentLogger } from "@gorunner/core";
import { aSnippet } from "@gorunner/core/contract";
import { GatedRepo } from "./support/gated-repo.js";
import { noMetrics, recordingLogger, recordingMetrics, runnerError } from "./support.js";

/** A watch on a store, with a clock that goes when it is told to, and what it has heard. */
function aWatch(options: { logger?: typeof silentLogger } = {}) {
  const snippets = new GatedRepo();
  const clock = { nowMs: 1000 };
  const log = new DeletionLog({ snippets, logger: options.logger ?? silentLogger });
  const watch = new DeletionWatch({ log, now: () => clock.nowMs });
  const heard: bigint[] = [];
  watch.onDeleted((ids) => heard.push(...ids));
  const deleteOne = async () => {
    const { id } = await snippets.save(aSnippet());
    await snippets.delete(id, 1n);
    return id;
  };
  return { snippets, clock, watch, heard, deleteOne };
}

/** Lets what was begun in the background end. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe("DeletionWatch", () => {
  it("hears of what was deleted after the first look, and of nothing older", async () => {
    const { watch, heard, clock, deleteOne } = aWatch();
    await deleteOne();
    assert.equal(await watch.look(), "known");
    assert.equal(watch.takesFills, true);
    const id = await deleteOne();
    clock.nowMs += 2000;
    assert.equal(await watch.look(), "known");
    assert.deepEqual(heard, [id]);
  });

  it("nobody is told `known` two seconds after a deletion that was not heard of", async () => {
    const { watch, heard, clock, deleteOne } = aWatch();
    await watch.look();
    const id = await deleteOne();
    clock.nowMs += 1999;
    assert.equal(await watch.look(), "known");
    await settle();
    assert.deepEqual(heard, [id]);
    const next = await deleteOne();
    clock.nowMs += 2000;
    assert.equal(await watch.look(), "known");
    assert.deepEqual(heard, [id, next]);
  });

  it("asks the store at most once a second", async () => {
    const { watch, clock, snippets } = aWatch();
    let asked = 0;
    const { deletionsSince } = snippets;
    snippets.deletionsSince = (cursor, limit) => {
      asked++;
      return deletionsSince.call(snippets, cursor, limit);
    };
    for (let tick = 0; tick < 100; tick++) {
      await Promise.all([watch.look(), watch.look()]);
      await settle();
      clock.nowMs += 100;
    }
    assert.equal(asked, 10);
  });

  it("goes on where it was when the store is back, and says so once each time", async () => {
    const { lines, logger } = recordingLogger();
    const { watch, heard, clock, snippets, deleteOne } = aWatch({ logger });
    await watch.look();
    const id = await deleteOne();
    snippets.isLogGone = true;
    for (let second = 0; second < 5; second++) {
      clock.nowMs += 2000;
      assert.equal(await watch.look(), "unknown");
      await settle();
    }
    assert.deepEqual(lines, ["warn the log of deletions is unavailable"]);
    snippets.isLogGone = false;
    clock.nowMs += 2000;
    await watch.look();
    await settle();
    assert.equal(await watch.look(), "known");
    assert.deepEqual(heard, [id]);
    assert.deepEqual(lines, ["warn the log of deletions is unavailable", "info the log of deletions is available again"]);
  });

  it("where the first look failed, what was read meanwhile is not kept", async () => {
    const { watch, clock, snippets } = aWatch();
    snippets.isLogGone = true;
    assert.equal(await watch.look(), "unknown");
    snippets.isLogGone = false;
    clock.nowMs += 1000;
    await watch.look();
    await settle();
    assert.equal(await watch.look(), "known");
    assert.equal(watch.takesFills, false);
    clock.nowMs += 10_000;
    assert.equal(watch.takesFills, true);
  });

  it("hears of what was deleted after it was begun, before anybody looked; that is tried again where the store was gone", async () => {
    const { watch, heard, clock, snippets, deleteOne } = aWatch();
    snippets.isLogGone = true;
    await assert.rejects(watch.begin(), runnerError("UNAVAILABLE"));
    snippets.isLogGone = false;
    await watch.begin();
    assert.equal(watch.takesFills, true, "nobody has read anything before");
    const id = await deleteOne();
    await watch.begin();
    clock.nowMs += 2000;
    assert.equal(await watch.look(), "known");
    assert.deepEqual(heard, [id]);
  });

  it("hears of more than one page", async () => {
    const { watch, heard, clock, deleteOne } = aWatch();
    await watch.look();
    for (let count = 0; count < 2500; count++) await deleteOne();
    clock.nowMs += 2000;
    await watch.look();
    assert.equal(new Set(heard).size, 2500);
  });
});

describe("memory alone, following the store", () => {
  /** Two processes on one store, without Redis. */
  function twoCaches() {
    const snippets = new GatedRepo();
    const clock = { nowMs: 1000 };
    const { lookups, metrics } = recordingMetrics();
    const open = () => openSnippetCache({ snippets, logger: silentLogger, metrics, now: () => clock.nowMs, random: () => 0 });
    return { snippets, clock, lookups, one: open(), other: open() };
  }

  it("what another process deleted is gone in two seconds", async () => {
    const { snippets, clock, one, other } = twoCaches();
    const kept = await snippets.save(aSnippet());
    assert.equal(await other.get(kept.id), undefined);
    await other.fill(kept, 60_000);
    await snippets.delete(kept.id, 1n);
    await one.bury(kept.id);
    assert.equal(await one.get(kept.id), undefined);
    clock.nowMs += 2000;
    assert.equal(await other.get(kept.id), undefined);
    await other.fill(kept, 60_000);
    assert.equal(await other.get(kept.id), undefined);
  });

  it("nothing is answered while the store does not tell what was deleted", async () => {
    const { snippets, clock, lookups, one } = twoCaches();
    const kept = await snippets.save(aSnippet());
    await one.fill(kept, 60_000);
    assert.deepEqual(await one.get(kept.id), kept);
    snippets.isLogGone = true;
    clock.nowMs += 2000;
    assert.equal(await one.get(kept.id), undefined);
    assert.deepEqual(lookups, ["process hit", "process error"]);
    snippets.isLogGone = false;
    clock.nowMs += 2000;
    await one.get(kept.id);
    await settle();
    assert.deepEqual(await one.get(kept.id), kept);
  });

  it("times to live are shortened by up to a tenth, so that what was filled together does not go together", async () => {
    const snippets = new GatedRepo();
    const clock = { nowMs: 1000 };
    const shares = [0, 0.5, 0.99];
    const random = () => shares.shift() ?? 0;
    const cache = openSnippetCache({ snippets, logger: silentLogger, metrics: noMetrics, now: () => clock.nowMs, random });
    const [whole, half, most] = [await snippets.save(aSnippet()), await snippets.save(aSnippet()), await snippets.save(aSnippet())];
    for (const snippet of [whole, half, most]) await cache.fill(snippet, 1000);
    const left = async () => (await Promise.all([whole, half, most].map(({ id }) => cache.get(id)))).map((found) => found !== undefined);
    clock.nowMs += 910;
    assert.deepEqual(await left(), [true, true, false]);
    clock.nowMs += 45;
    assert.deepEqual(await left(), [true, false, false]);
    clock.nowMs += 50;
    assert.deepEqual(await left(), [false, false, false]);
  });
});
