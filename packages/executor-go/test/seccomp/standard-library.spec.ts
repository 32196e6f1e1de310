/** What Go's standard library does where the kernel refuses its first choice: it takes another way, and nothing fails. */
import assert from "node:assert/strict";
import { Sandboxed } from "../sandboxed.js";

describe("The standard library under the filter", function () {
  this.timeout(120_000);
  let sandboxed: Sandboxed;
  before(async () => {
    sandboxed = await Sandboxed.prepare();
  });
  after(() => sandboxed.close());

  for (const [mode, under, without] of [
    ["control groups count", "exact", []],
    // It takes a second descriptor.
    ["only rlimits count", "byRlimits", ["a socket's file"]],
  ] as const) {
    it(`copies, sends signals, sets options and finds names where ${mode}`, async () => {
      const { outcome, text } = await sandboxed.run(await sandboxed.build("ways"), sandboxed[under], {
        args: [...without],
        limits: { memoryBytes: 256 << 20 },
      });
      const lines = text.trim().split("\n");
      assert.equal(outcome, "ok", text);
      assert.deepEqual(
        lines.filter((line) => !line.endsWith(": <nil>")),
        [],
      );
      assert.equal(lines.length, 13 - without.length);
    });
  }
});
