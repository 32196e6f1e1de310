import assert from "node:assert/strict";
import { withoutTurns } from "@gorunner/core";
import fc from "fast-check";
import { jsonBytes } from "../src/answers/json-bytes.js";
import { readCodeRequest } from "../src/messages.js";

const mib = 1024 * 1024;

/** Counts how often others have a turn. */
function countedTurns() {
  const turns = { count: 0, next: async () => void turns.count++ };
  return turns;
}

describe("JSON, in slices", () => {
  it("is written as JSON.stringify writes it, wherever a slice ends", async () => {
    const unit = fc.constantFrom("a", '"', "\\", "\0", "\n", "é", "\ufffd", "🦫", "\ud83e", "\uddab", "\u2028");
    await fc.assert(
      fc.asyncProperty(fc.string({ unit, maxLength: 30 }), fc.nat(30), async (text, before) => {
        const long = "x".repeat(32 * 1024 - before) + text + text;
        const message = { code: text, output: long, error: undefined, id: "7", count: 3, nested: { a: [long.length] } };
        assert.ok((await jsonBytes(message, withoutTurns)).equals(Buffer.from(JSON.stringify(message))));
      }),
      { numRuns: 300 },
    );
  });

  it("gives others a turn every 32 KiB of text, whatever it is, and none for a short one", async () => {
    for (const unit of ["a", "\u0001", "\ufffd", '"', "\ud800"]) {
      const turns = countedTurns();
      await jsonBytes({ output: unit.repeat(mib), error: "" }, turns);
      assert.equal(turns.count, 31, JSON.stringify(unit));
    }
    const turns = countedTurns();
    await jsonBytes({ code: "package main", output: "Hello\n" }, turns);
    assert.equal(turns.count, 0);
  });

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
