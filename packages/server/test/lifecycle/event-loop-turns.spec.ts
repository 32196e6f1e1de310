import assert from "node:assert/strict";
import { EventLoopTurns } from "../../src/lifecycle/event-loop-turns.js";

describe("EventLoopTurns", () => {
  it("gives one turn each time around the event loop, in the order of asking", async () => {
    const turns = new EventLoopTurns();
    const order: string[] = [];
    let around = 0;
    let isOver = false;
    const count = () => {
      around++;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    const work = async (name: string) => {
      for (let slice = 0; slice < 3; slice++) {
        await turns.next();
        order.push(`${name}${slice} ${around}`);
      }
    };
    await Promise.all([work("a"), work("b")]);
    isOver = true;
    assert.deepEqual(
      order.map((each) => each.split(" ")[0]),
      ["a0", "b0", "a1", "b1", "a2", "b2"],
    );
    const times = order.map((each) => each.split(" ")[1]);
    assert.equal(new Set(times).size, times.length, "two slices at one time around");
  });
});
