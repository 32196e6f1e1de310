import assert from "node:assert/strict";
import { decodeUtf8, encodeUtf8, isWellFormed, utf8Length } from "@gorunner/core";
import fc from "fast-check";
import { withoutNul } from "../src/domain/text.js";

/** Any sequence of UTF-16 code units, lone surrogates included. */
const anyString = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0xd7f0, max: 0xe010 }), fc.integer({ min: 0, max: 0x7f })))
  .map((units) => String.fromCharCode(...units));

/** Bytes with a taste for the edges of UTF-8's sequences. */
const anyBytes = fc
  .array(
    fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0x7f, 0x80, 0xbf, 0xc0, 0xc1, 0xc2, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5)),
  )
  .map((bytes) => Uint8Array.from(bytes));

describe("text", () => {
  it("encodeUtf8 agrees with TextEncoder", () => {
    fc.assert(fc.property(anyString, (text) => assert.deepEqual(encodeUtf8(text), new TextEncoder().encode(text))));
  });

  it("utf8Length is the length of what encodeUtf8 writes", () => {
    fc.assert(fc.property(anyString, (text) => assert.equal(utf8Length(text), encodeUtf8(text).length)));
  });

  it("decodeUtf8 agrees with TextDecoder", () => {
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    fc.assert(
      fc.property(anyBytes, (bytes) => assert.equal(decodeUtf8(bytes), decoder.decode(bytes))),
      { numRuns: 1000 },
    );
  });

  it("decodeUtf8 reads back what encodeUtf8 wrote, of any length", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => assert.equal(decodeUtf8(encodeUtf8(text)), text)));
    // Across the chunks in which code units are put together, a pair on each side of the seam.
    for (const length of [8190, 8191, 8192, 8193, 100_000]) {
      const text = `${"a".repeat(length)}🦫${"é".repeat(length)}`;
      assert.equal(decodeUtf8(encodeUtf8(text)), text);
    }
  });

  it("a byte order mark is kept", () => {
    assert.equal(decodeUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x41)), "\ufeffA");
  });

  it("isWellFormed says whether a text survives TextEncoder and back", () => {
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    const survives = (text: string) => decoder.decode(new TextEncoder().encode(text)) === text;
    fc.assert(fc.property(anyString, (text) => assert.equal(isWellFormed(text), survives(text))));
  });

  it("withoutNul replaces each NUL and nothing else", () => {
    fc.assert(fc.property(anyString, (text) => assert.equal(withoutNul(text), text.replaceAll("\0", "\ufffd"))));
    const long = "a\0\ud800\0".repeat(10_000);
    assert.equal(withoutNul(long), long.replaceAll("\0", "\ufffd"));
  });
});
