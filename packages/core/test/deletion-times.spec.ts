import assert from "node:assert/strict";
import { deletionAgeOf, deletionTimeAfter, maxDeletionAgeMs, mostAheadMs } from "@gorunner/core";

describe("A deletion's time", () => {
  const nowMs = Date.UTC(2026, 10, 26);
  const after = (lastMs: number) => deletionTimeAfter(new Date(lastMs), nowMs).getTime() - nowMs;

  it("is now, where the clock goes on", () => {
    assert.equal(deletionTimeAfter(undefined, nowMs).getTime(), nowMs);
    assert.equal(after(nowMs - 1), 0);
  });

  it("is that of the one before it, where the clock was set back since", () => assert.equal(after(nowMs + 5000), 5000));

  it("is a day ahead at most, where the clock has once been ahead by years", () =>
    assert.equal(after(nowMs + 400 * mostAheadMs), mostAheadMs));
});

describe("The age of deletions", () => {
  it("is the nearest that there is, and any where it is no number", () => {
    for (const age of [0, 1, 0.5, maxDeletionAgeMs]) assert.equal(deletionAgeOf(age), age);
    for (const none of [-1, Number.NEGATIVE_INFINITY]) assert.equal(deletionAgeOf(none), 0);
    for (const all of [1e17, Number.MAX_VALUE, Number.POSITIVE_INFINITY, Number.NaN]) assert.equal(deletionAgeOf(all), maxDeletionAgeMs);
  });
});
