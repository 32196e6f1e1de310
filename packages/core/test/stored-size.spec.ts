import assert from "node:assert/strict";
import { cutToSize, snippetOverheadBytes, storedSizeOf, utf8Length } from "@gorunner/core";

const kib = 1024;
const maxBytes = 128 * kib;
const note = "[cut when it was shared: a snippet is stored with at most 128 KiB]\n";
const sizeOf = (texts: { code: string; output: string; error: string }) => storedSizeOf(texts) - snippetOverheadBytes;

describe("what is stored of a snippet", () => {
  it("is all of it where that fits, to the byte", () => {
    const texts = { code: "c".repeat(64 * kib), output: "\ufffd".repeat(10_000), error: "e".repeat(64 * kib - 30_000) };
    assert.equal(sizeOf(texts), maxBytes);
    assert.equal(cutToSize(texts, maxBytes), texts);
  });

  for (const [what, character] of [
    ["ASCII", "x"],
    ["U+FFFD", "\ufffd"],
    ["characters of two units", "🦫"],
    ["lines", "0123456\n"],
  ] as const) {
    it(`of too much output in ${what} it is the beginning, with a last line that says so, within the limit`, () => {
      const texts = { code: "code", output: character.repeat(300_000), error: "" };
      const cut = cutToSize(texts, maxBytes);
      assert.ok(cut.output.endsWith(note), cut.output.slice(-200));
      const head = cut.output.slice(0, -note.length).trimEnd();
      assert.ok(texts.output.startsWith(head) && head.isWellFormed());
      assert.ok(sizeOf(cut) <= maxBytes && sizeOf(cut) > maxBytes - 100, `${sizeOf(cut)} bytes`);
      assert.deepEqual([cut.code, cut.error], ["code", ""]);
    });
  }

  it("of too much error it is the beginning and the last line, which says how the program ended", () => {
    const texts = { code: "code", output: "whole\n", error: `${"e".repeat(200_000)}\noutput limit of 1 MiB exceeded` };
    const cut = cutToSize(texts, maxBytes);
    assert.equal(cut.output, "whole\n");
    assert.ok(cut.error.endsWith(`e\n${note}output limit of 1 MiB exceeded`));
    assert.ok(sizeOf(cut) <= maxBytes);
  });

  it("of both it is about a half each, and one does not take the other's room where that is short", () => {
    const long = "\ufffd".repeat(100_000);
    const both = cutToSize({ code: "", output: long, error: long }, maxBytes);
    for (const text of [both.output, both.error]) assert.ok(utf8Length(text) > maxBytes / 2 - 200 && text.includes(note));
    const one = cutToSize({ code: "", output: long, error: "exit status 1" }, maxBytes);
    assert.equal(one.error, "exit status 1");
    assert.ok(utf8Length(one.output) > maxBytes - 200);
    for (const texts of [both, one]) assert.ok(sizeOf(texts) <= maxBytes);
  });
});
