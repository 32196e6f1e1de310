/** A program that ends the supervisor, where no filter keeps it from that. */
import assert from "node:assert/strict";
import { Sandboxed } from "../sandboxed.js";

describe("A program that signals pid 1 of its sandbox", function () {
  this.timeout(120_000);
  let sandboxed: Sandboxed;
  before(async () => {
    sandboxed = await Sandboxed.prepare();
  });
  after(() => sandboxed.close());

  it("gets a verdict also when that ends the sandbox", async () => {
    const { outcome, signal, text } = await sandboxed.run(await sandboxed.build("signals"), sandboxed.open, { args: ["15s"] });
    assert.equal(outcome, "killed", text);
    assert.match(signal ?? "", /^(signal \d+|SIG\w+)$/);
  });

  it("can't end it under the filter", async () => {
    const binary = await sandboxed.build("signals");
    for (const under of [sandboxed.exact, sandboxed.byRlimits]) {
      const { outcome, text } = await sandboxed.run(binary, under, { args: ["1s"] });
      assert.deepEqual([outcome, text], ["ok", "survived\n"]);
    }
  });
});
