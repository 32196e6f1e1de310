import assert from "node:assert/strict";
import { maxCodeBytes, RunnerError } from "@gorunner/core";
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

  it("is read with a turn every 64 KiB of one name, text, number or gap, wherever a slice ends", async () => {
    const long = (unit: string) => unit.repeat(mib / unit.length - 16);
    const bodies = [
      `${long(" ")}{"code":"a"}`,
      `{${long("\n")}"code":"a"}`,
      `{"code"${long(" ")}:"a"}`,
      `{"code":${long(" ")}"a"}`,
      `{"code":"a"${long("\t")}}`,
      `{"code":"a"}${long(" ")}`,
      `{"x":"${long("x")}","code":"a"}`,
      `{"x":"${long("\\\\")}","code":"a"}`,
      `{"x":"${long("\\u0000")}","code":"a"}`,
      `{"${long("y")}":1,"code":"a"}`,
      `{"x":-${long("1")},"code":"a"}`,
      `{"x":0.${long("0")},"code":"a"}`,
      `{"x":1e+${long("1")},"code":"a"}`,
    ];
    for (const body of bodies) {
      const turns = countedTurns();
      assert.deepEqual(await readCodeRequest(Buffer.from(body), turns), { code: "a" });
      assert.ok(turns.count >= 14, `${turns.count} turns for ${body.slice(0, 20)}`);
    }
  });

  it("is refused without decoding a code that is longer than any that can be run", async () => {
    const readLongCode = (units: number) => readCodeRequest(Buffer.from(JSON.stringify({ code: "\u0001".repeat(units) })), countedTurns());
    assert.equal((await readLongCode(maxCodeBytes)).code.length, maxCodeBytes);
    await assert.rejects(
      readLongCode(maxCodeBytes + 1),
      (error) => error instanceof RunnerError && error.code === "INVALID_ARGUMENT" && /^code is larger than 64 KiB/.test(error.message),
    );
  });
});
