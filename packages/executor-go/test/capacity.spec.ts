import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import { hostConcurrency } from "../src/index.js";
import { hostGuests } from "../src/pool/capacity.js";

const gib = 1024 ** 3;

describe("The number of executions at once", () => {
  const cases: [what: string, processors: number, memoryBytes: number, expected: number][] = [
    ["the processors, where memory is plenty", 2, 24 * gib, 2],
    ["what fits into memory, where that is less", 16, 4.5 * gib, 4],
    ["one on the smallest machine", 4, gib / 2, 1],
  ];
  for (const [what, processors, memoryBytes, expected] of cases) {
    it(`is ${what}`, () => assert.equal(hostConcurrency({}, { processors, memoryBytes }), expected));
  }

  it("falls as each may use more", () => {
    assert.equal(hostConcurrency({ memoryBytes: 4 * gib }, { processors: 16, memoryBytes: 16.5 * gib }), 4);
  });

  it("is one more for who has nothing running, where that fits into memory", () => {
    assert.equal(hostGuests({}, { processors: 2, memoryBytes: 24 * gib }), 1);
    assert.equal(hostGuests({}, { processors: 16, memoryBytes: 4.5 * gib }), 0);
    assert.equal(hostGuests({}, { processors: 4, memoryBytes: gib / 2 }), 0);
  });

  it("on this machine is at least one, and not above the processors that this process may use", () => {
    const here = hostConcurrency();
    assert.ok(here >= 1 && here <= availableParallelism(), String(here));
  });
});
