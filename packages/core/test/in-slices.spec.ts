import assert from "node:assert/strict";
import { decodeUtf8, jsonInSlices, type Turns, utf8Length } from "@gorunner/core";
import fc from "fast-check";
import { decodeInSlices, utf8HeadInSlices, utf8LengthInSlices, withoutNulInSlices } from "../src/use-cases/in-slices.js";

function countedTurns() {
  const turns = { count: 0, next: async () => void turns.count++ };
  return turns;
}

async function jsonOf(message: object, turns: Turns): Promise<string> {
  const parts: string[] = [];
  for await (const part of jsonInSlices(message, turns)) parts.push(part);
  return parts.join("");
}

/** So long that a slice ends in the middle of it. */
const filler = 64 * 1024 - 8;

describe("Work on a long text, in slices", () => {
  it("reads the same text as all at once, wherever a slice ends", async () => {
    const byte = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0x80, 0xbf, 0xc2, 0xe0, 0xe2, 0xed, 0xf0, 0xf4, 0xff));
    await fc.assert(
      fc.asyncProperty(fc.array(byte, { minLength: 12, maxLength: 20 }), async (middle) => {
        const bytes = Uint8Array.from([...Buffer.alloc(filler, "a"), ...middle]);
        assert.equal(await decodeInSlices(bytes, countedTurns()), decodeUtf8(bytes));
      }),
      { numRuns: 100 },
    );
  });

  it("gives others a turn every 64 KiB, whatever the bytes are", async () => {
    for (const worst of [0x00, 0x61, 0x80, 0xbf, 0xf0, 0xff]) {
      const bytes = Buffer.alloc(1024 * 1024, worst);
      const turns = countedTurns();
      const text = await decodeInSlices(bytes, turns);
      assert.ok(text === decodeUtf8(bytes));
      assert.equal(turns.count, 15, `bytes ${worst}`);
      const more = countedTurns();
      assert.ok((await withoutNulInSlices(text, more)) === text.replaceAll("\0", "\ufffd"));
      assert.equal(more.count, 15);
    }
  });

  it("measures and cuts a text as all at once, wherever a slice ends", async () => {
    const unit = fc.constantFrom("a", "é", "\ufffd", "🦫", "\ud83e", "\uddab");
    await fc.assert(
      fc.asyncProperty(fc.string({ unit, minLength: 12, maxLength: 20 }), fc.nat(60), async (middle, bytes) => {
        const text = "x".repeat(filler) + middle;
        assert.equal(await utf8LengthInSlices(text, countedTurns()), utf8Length(text));
        const head = await utf8HeadInSlices(text, filler + bytes, countedTurns());
        assert.ok(text.startsWith(head.text));
        assert.equal(head.bytes, utf8Length(head.text));
        const [next = ""] = text.slice(head.text.length);
        assert.ok(head.bytes <= filler + bytes && (next === "" || head.bytes + utf8Length(next) > filler + bytes));
      }),
      { numRuns: 300 },
    );
  });

  it("asks for no turn for a short text", async () => {
    const turns = countedTurns();
    assert.equal(await decodeInSlices(Buffer.from("Hello"), turns), "Hello");
    assert.equal(await withoutNulInSlices("a\0", turns), "a\ufffd");
    assert.equal(await decodeInSlices(new Uint8Array(), turns), "");
    assert.equal(turns.count, 0);
  });

  it("writes JSON as JSON.stringify writes it, wherever a slice ends", async () => {
    const unit = fc.constantFrom("a", '"', "\\", "\0", "\n", "é", "\ufffd", "🦫", "\ud83e", "\uddab", "\u2028");
    await fc.assert(
      fc.asyncProperty(fc.string({ unit, maxLength: 30 }), fc.nat(30), async (text, before) => {
        const long = "x".repeat(32 * 1024 - before) + text + text;
        const message = { code: text, output: long, error: undefined, id: "7", count: 3, nested: { a: [long.length] } };
        assert.ok((await jsonOf(message, countedTurns())) === JSON.stringify(message));
      }),
      { numRuns: 300 },
    );
  });

  it("gives others a turn for every 32 KiB of JSON text, whatever it is, and none for a short one", async () => {
    for (const unit of ["a", "\u0001", "\ufffd", '"', "\ud800"]) {
      const turns = countedTurns();
      await jsonOf({ output: unit.repeat(1024 * 1024), error: "" }, turns);
      assert.equal(turns.count, 31, JSON.stringify(unit));
    }
    const turns = countedTurns();
    await jsonOf({ code: "package main", output: "Hello\n" }, turns);
    assert.equal(turns.count, 0);
  });
});
