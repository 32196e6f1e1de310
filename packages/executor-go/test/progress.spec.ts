import assert from "node:assert/strict";
import { Progress } from "../src/toolchain/progress.js";

describe("Progress", () => {
  it("tells again and again how much is done, until it is over", async () => {
    const told: string[] = [];
    const progress = new Progress({ total: 3, everyMs: 1, tell: (text) => void told.push(text) });
    const untilTold = async (text: string) => {
      while (!told.includes(text)) await new Promise((resolve) => setTimeout(resolve, 1));
    };
    await untilTold("0 of 3");
    progress.step();
    progress.step();
    await untilTold("2 of 3");
    progress[Symbol.dispose]();
    const count = told.length;
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(told.length, count);
  });
});
