import assert from "node:assert/strict";
import { callerOf } from "../src/server/caller-of.js";

describe("The caller of a call", () => {
  for (const [peer, caller] of [
    ["10.0.0.1:4321", "10.0.0.1"],
    ["::ffff:10.0.0.1:4321", "::ffff:10.0.0.1"],
    ["::1:4321", "::1"],
    ["2001:db8::17:4321", "2001:db8::17"],
    ["unknown", "unknown"],
  ] as const) {
    it(`of ${peer} is ${caller}`, () => assert.equal(callerOf(peer), caller));
  }
});
