import assert from "node:assert/strict";
import { FairShare } from "@gorunner/core";
import { JsonAnswer } from "../src/call/json-answer.js";

const mib = 1024 * 1024;

describe("An answer in JSON", () => {
  it("takes no memory any more when it is released while it is written, as when its client hangs up", async () => {
    const memory = new FairShare({ inAll: 4 * mib, perPeer: 4 * mib });
    const answer = new JsonAnswer({ memory, peer: "a" });
    let turns = 0;
    const next = async () => {
      if (++turns === 2) answer.release();
    };
    await answer.write({ output: "x".repeat(mib) }, { next });
    assert.ok(turns >= 2, `${turns} turns`);
    assert.ok(memory.take({ peer: "a", canEnd: () => false, end: () => {} }, 4 * mib));
  });
});
