import assert from "node:assert/strict";
import {
  checkCode,
  checkExpiry,
  checkIdempotencyKey,
  checkPageSize,
  checkSnippetId,
  checkSnippetKey,
  checkUserId,
  maxCodeBytes,
  maxInt64,
  snippetKeyBytes,
  snippetKeyOf,
} from "@gorunner/core";
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

describe("a snippet's key", () => {
  it("is 16 characters of base64url, each by six bits of a byte of its own", () => {
    assert.equal(snippetKeyOf(Uint8Array.from({ length: 16 }, (_, index) => index)), "ABCDEFGHIJKLMNOP");
    assert.equal(snippetKeyOf(new Uint8Array(16).fill(0xff)), "________________");
    const characters = Array.from({ length: 256 }, (_, byte) => snippetKeyOf(new Uint8Array(16).fill(byte)).charAt(0));
    assert.equal(new Set(characters).size, 64);
    for (const character of characters) assert.equal(characters.filter((other) => other === character).length, 4);
  });

  it("of any bytes is one that is taken, and needs no escape in a URL", () => {
    const bytes = fc.uint8Array({ minLength: snippetKeyBytes, maxLength: snippetKeyBytes });
    fc.assert(
      fc.property(bytes, (random) => {
        const key = snippetKeyOf(random);
        checkSnippetKey(key);
        assert.equal(encodeURIComponent(key), key);
      }),
    );
  });

  for (const [what, key] of [
    ["none", ""],
    ["one character too few", "abcdefghijklmno"],
    ["one too many", "abcdefghijklmnopq"],
    ["base64's other letters", "abcdefghijklmn+/"],
    ["padding", "abcdefghijklmn=="],
    ["a space", "abcdefghijklmno "],
    ["a line's end", "abcdefghijklmnop\n"],
    ["a NUL", "abcdefghijklmno\0"],
    ["letters of another alphabet", "abcdefghijklmno\u0430"],
    ["a lone surrogate", "abcdefghijklmno\ud800"],
  ] as const) {
    it(`refuses ${what}, without repeating it`, () =>
      assert.throws(
        () => checkSnippetKey(key),
        runnerError("INVALID_ARGUMENT", /^a snippet's key is 16 characters of A-Z, a-z, 0-9, - and _$/),
      ));
  }
});

describe("what a share may say besides its code", () => {
  it("an idempotency key is 1 to 128 printable characters", () => {
    for (const key of ["x", "~".repeat(128), 'user-7:!"#']) checkIdempotencyKey(key);
    for (const key of ["", "x".repeat(129), "a b", "a\0", "é", "a\n"]) {
      assert.throws(() => checkIdempotencyKey(key), runnerError("INVALID_ARGUMENT", /1 to 128/));
    }
  });

  it("an end is a time before the year 10000", () => {
    for (const ms of [0, Date.UTC(9999, 11, 31, 23, 59, 59, 999)]) checkExpiry(new Date(ms));
    for (const ms of [-1, Date.UTC(10_000), Number.NaN]) assert.throws(() => checkExpiry(new Date(ms)), runnerError("INVALID_ARGUMENT"));
  });

  it("a page holds 1 to 1000", () => {
    for (const limit of [1, 1000]) checkPageSize(limit);
    for (const limit of [0, -1, 1001, 1.5, Number.NaN]) assert.throws(() => checkPageSize(limit), runnerError("INVALID_ARGUMENT"));
  });
});
