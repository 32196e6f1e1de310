import assert from "node:assert/strict";
import { snippetOverheadBytes, storedSizeOf, utf8Length, withoutTurns } from "@gorunner/core";
import { cutToSize as cutInSlices } from "../src/use-cases/cut-to-size.js";

const kib = 1024;
const maxBytes = 128 * kib;
const note = "[cut when it was shared: a snippet is stored with at most 128 KiB]\n";
const sizeOf = (texts: { code: string; output: string; error: string }) => storedSizeOf(texts) - snippetOverheadBytes;

async function cutToSize(given: { code: string; output: string; error: string }, maxBytes: number) {
  const { texts, storedBytes } = await cutInSlices(given, maxBytes, withoutTurns);
  assert.equal(storedBytes, storedSizeOf(texts));
  return texts;
}

describe("what is stored of a snippet", () => {
  it("is all of it where that fits, to the byte", async () => {
    const texts = { code: "c".repeat(64 * kib), output: "\ufffd".repeat(10_000), error: "e".repeat(64 * kib - 30_000) };
    assert.equal(sizeOf(texts), maxBytes);
    assert.equal(await cutToSize(texts, maxBytes), texts);
  });

  for (const [what, character] of [
    ["ASCII", "x"],
    ["U+FFFD", "\ufffd"],
    ["characters of two units", "🦫"],
    ["lines", "0123456\n"],
  ] as const) {
    it(`of too much output in ${what} it is the beginning, with a last line that says so, within the limit`, async () => {
      const texts = { code: "code", output: character.repeat(300_000), error: "" };
      const cut = await cutToSize(texts, maxBytes);
      assert.ok(cut.output.endsWith(note), cut.output.slice(-200));
      const head = cut.output.slice(0, -note.length).trimEnd();
      assert.ok(texts.output.startsWith(head) && head.isWellFormed());
      assert.ok(sizeOf(cut) <= maxBytes && sizeOf(cut) > maxBytes - 100, `${sizeOf(cut)} bytes`);
      assert.deepEqual([cut.code, cut.error], ["code", ""]);
    });
  }

  it("of too much error it is the beginning and the last line, which says how the program ended", async () => {
    const texts = { code: "code", output: "whole\n", error: `${"e".repeat(200_000)}\noutput limit of 1 MiB exceeded` };
    const cut = await cutToSize(texts, maxBytes);
    assert.equal(cut.output, "whole\n");
    assert.ok(cut.error.endsWith(`e\n${note}output limit of 1 MiB exceeded`));
    assert.ok(sizeOf(cut) <= maxBytes);
  });

  it("of both it is about a half each, and one does not take the other's room where that is short", async () => {
    const long = "\ufffd".repeat(100_000);
    const both = await cutToSize({ code: "", output: long, error: long }, maxBytes);
    for (const text of [both.output, both.error]) assert.ok(utf8Length(text) > maxBytes / 2 - 200 && text.includes(note));
    const one = await cutToSize({ code: "", output: long, error: "exit status 1" }, maxBytes);
    assert.equal(one.error, "exit status 1");
    assert.ok(utf8Length(one.output) > maxBytes - 200);
    for (const texts of [both, one]) assert.ok(sizeOf(texts) <= maxBytes);
  });

  it("is measured and cut with a turn for others every 64 KiB, and no more of it than is kept", async () => {
    for (const character of ["\ufffd", "x", "🦫"]) {
      const turns = { count: 0, next: async () => void turns.count++ };
      const output = character.repeat((1024 * kib) / character.length);
      await cutInSlices({ code: "code", output, error: "" }, 1024 * kib - 1, turns);
      const kept = Math.ceil((1024 * kib) / utf8Length(output.slice(0, 64 * kib)));
      assert.ok(turns.count >= 14 + kept - 1 && turns.count <= 16 + kept, `${turns.count} turns, ${kept} slices kept`);
    }
  });
});
