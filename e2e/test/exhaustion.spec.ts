/** A server whose host runs out of one thing after the other, under load. `npm run test:faults` takes each for longer. */
import assert from "node:assert/strict";
import { runShortage } from "../faults/exhaustion/run-shortage.js";
import { shortages } from "../faults/exhaustion/shortages.js";
import { type SmallServer, startSmallServer } from "../faults/exhaustion/small-server.js";
import { controlGroupsOf, eventually, orphansOf } from "../support/host.js";

const shortMs = 1_000;

describe("A server whose host runs out of", function () {
  this.timeout(240_000);
  let server: SmallServer;
  before(async () => {
    server = await startSmallServer();
  });
  after(async () => {
    // Where a test has failed it may still run.
    await server.gorunner.stop();
    await server.clear();
  });

  for (const shortage of shortages) {
    it(`${shortage.name}: each place works again when there is some, nothing that was acknowledged is lost, nothing is left`, async () => {
      const { codes } = await runShortage(server, shortage, shortMs);
      const others = [...codes].filter((code) => code !== "UNAVAILABLE" && code !== "RESOURCE_EXHAUSTED");
      assert.deepEqual(others, []);
    });
  }

  it("all of these stops in time, and leaves nothing", async () => {
    const { pid, gorunner } = server;
    assert.equal(await gorunner.stop(), 0);
    await eventually(async () => assert.deepEqual([orphansOf(pid), await controlGroupsOf(pid)], [[], []]));
  });
});
