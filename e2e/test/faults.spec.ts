/** A part of `npm run test:faults` that is short enough for every day: other faults, longer ones and more runs are there. */
import assert from "node:assert/strict";
import { faults } from "../faults/fault.js";
import { runModel } from "../faults/model/run-model.js";
import { runFault } from "../faults/run-fault.js";
import { openStage, type Stage } from "../faults/stage.js";

const seed = 20261126;
const timing = { wellMs: 300, faultMs: 1500 };

const everyDay = [
  "PostgreSQL killed (SIGKILL)",
  "PostgreSQL cut in mid-answer",
  "Redis paused (SIGSTOP)",
  "Redis restarted",
  "one server cut off from Redis (connections break)",
];

describe("Two servers under load, through faults", function () {
  this.timeout(180_000);
  let stage: Stage;
  before(async () => {
    stage = await openStage({ storeTimeoutMs: 1000 });
  });
  after(() => stage.close());

  for (const name of everyDay) {
    it(`${name}: no acknowledged share is lost or doubled, no deleted snippet is read, and both serve again by themselves`, async () => {
      const fault = faults.find((each) => each.name === name);
      assert.ok(fault !== undefined);
      const { violations, counts } = await runFault(stage, fault, { ...timing, seed });
      assert.deepEqual(violations, []);
      for (const { acknowledged } of Object.values(counts)) assert.ok(acknowledged > 0, "the load did nothing");
    });
  }

  it(`are a map of snippets, whatever is called at once and whatever breaks meanwhile (seed ${seed})`, async () => {
    await runModel(stage, { faults, seed, runs: 4, commands: 12 });
  });
});
