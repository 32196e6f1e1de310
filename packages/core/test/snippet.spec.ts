import assert from "node:assert/strict";
import { checkCode, checkSnippetId, checkUserId, maxCodeBytes, maxInt64 } from "@gorunner/core";
import fc from "fast-check";
import { runnerError } from "./expectations.js";

describe("checkCode", () => {
  for (const [what, code] of [
    ["one byte", "x"],
    ["exactly 64 KiB", "x".repeat(65_536)],
    ["64 KiB of characters of two bytes", "é".repeat(32_768)],
    ["64 KiB of characters of four bytes", "🦫".repeat(16_384)],
    ["a byte order mark", "\ufeffpackage main"],
    ["U+FFFD as such", "\ufffd"],
    ["control characters but NUL", "\u0001\u007f\r\n\t"],
  ] as const) {
    it(`takes ${what}`, () => checkCode(code));
  }

  for (const [what, code, message] of [
    ["no code", "", /^code is empty$/],
    ["one byte over 64 KiB", "x".repeat(65_537), /larger than 64 KiB \(65536 bytes\)/],
    ["one character of two bytes over the edge", `${"x".repeat(65_535)}é`, /larger than 64 KiB/],
    ["one character of four bytes over the edge", `${"🦫".repeat(16_384)}x`, /larger than 64 KiB/],
    ["a NUL", "package main\0", /NUL/],
    ["a lone high surrogate", "package main\ud800", /not valid UTF-8/],
    ["a lone low surrogate", "\udc00package main", /not valid UTF-8/],
    ["surrogates the wrong way round", "\udc00\ud800", /not valid UTF-8/],
  ] as const) {
    it(`refuses ${what}`, () => assert.throws(() => checkCode(code), runnerError("INVALID_ARGUMENT", message)));
  }

  it("takes a text exactly when its bytes are 1 to 65536, it is well-formed and has no NUL", () => {
    const text = fc.string({ unit: fc.constantFrom("x", "é", "€", "🦫", "\0", "\ud800"), maxLength: 4 });
    const padding = fc.integer({ min: maxCodeBytes - 20, max: maxCodeBytes + 4 });
    fc.assert(
      fc.property(text, padding, fc.boolean(), (head, count, padded) => {
        const code = padded ? head + "x".repeat(count) : head;
        const bytes = Buffer.byteLength(code, "utf8");
        const fine = bytes >= 1 && bytes <= maxCodeBytes && !/\p{Surrogate}/u.test(code) && !code.includes("\0");
        if (fine) checkCode(code);
        else assert.throws(() => checkCode(code), runnerError("INVALID_ARGUMENT"));
      }),
    );
  });
});

describe("ids", () => {
  for (const [name, check] of [
    ["id", checkSnippetId],
    ["user_id", checkUserId],
  ] as const) {
    it(`${name}: takes 1 to 2^63-1`, () => {
      for (const id of [1n, 2n ** 53n + 1n, maxInt64]) check(id);
      assert.equal(maxInt64, 9223372036854775807n);
    });

    it(`${name}: refuses the rest, by name`, () => {
      for (const id of [0n, -1n, maxInt64 + 1n, -(2n ** 63n)]) {
        assert.throws(() => check(id), runnerError("INVALID_ARGUMENT", new RegExp(`^${name} must be .*, not ${id}$`)));
      }
    });
  }
});
