import assert from "node:assert/strict";
import { readCodeRequest } from "../src/messages.js";

const mib = 1024 * 1024;

/** Counts how often others have a turn. */
function countedTurns() {
  const turns = { count: 0, next: async () => void turns.count++ };
  return turns;
}

describe("A JSON body, in slices", () => {
  it("is read with a turn for others every 64 KiB of values, and no object made of any", async () => {
    const many = (value: string) => `{"x":[${`${value},`.repeat(mib / (value.length + 1))}1],"code":"a"}`;
    const deep = `{"x":${"[".repeat(mib / 2)}${"]".repeat(mib / 2)},"code":"a"}`;
    for (const body of [many("1"), many("{}"), many("[]"), many('""'), many('{"a":1}'), many("null"), deep]) {
      const turns = countedTurns();
      assert.deepEqual(await readCodeRequest(Buffer.from(body), turns), { code: "a" });
      assert.ok(turns.count >= 14, `${turns.count} turns for ${body.slice(0, 40)}`);
    }
  });
});
