import assert from "node:assert/strict";
import fc from "fast-check";
import { formatHostPort, parseHostPort } from "../../src/config/address.js";
import { parseDuration } from "../../src/config/duration.js";
import { parseSize } from "../../src/config/size.js";

/** As Go's Duration.String, for whole milliseconds. */
function goDuration(ms: number): string {
  if (ms < 1000) return `${ms}ms`;
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor(ms / 60_000) % 60;
  const seconds = `${(ms % 60_000) / 1000}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}

describe("parseDuration", () => {
  it("reads what Go writes", () => {
    fc.assert(fc.property(fc.nat(10 ** 9), (ms) => assert.equal(parseDuration(goDuration(ms)), ms)));
  });

  for (const [text, ms] of [
    ["5s", 5000],
    ["1m30s", 90_000],
    ["10h", 36_000_000],
    ["500ms", 500],
    ["1.5h", 5_400_000],
    [".5s", 500],
    ["1.s", 1000],
    ["+2s", 2000],
    ["250us", 0.25],
    ["250µs", 0.25],
    ["1ns", 0.000001],
    ["0", 0],
    ["0s", 0],
    ["1h1h", 7_200_000],
  ] as const) {
    it(`reads ${text}`, () => assert.equal(parseDuration(text), ms));
  }

  for (const text of ["", "5", "s", "5 s", "-5s", "5S", "5sec", "1d", "1e3s", "5s ", ".s", "+", "١s", "5s\n"]) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.equal(parseDuration(text), undefined));
  }
});

describe("parseSize", () => {
  it("reads a number of units", () => {
    const units = { "": 1, B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };
    fc.assert(
      fc.property(fc.nat(2 ** 20), fc.constantFrom(...Object.entries(units)), (count, [unit, bytes]) =>
        assert.equal(parseSize(`${count}${unit}`), count * bytes),
      ),
    );
  });

  it("reads fractions of a unit that are whole bytes", () => {
    assert.equal(parseSize("1.5KiB"), 1536);
    assert.equal(parseSize("1.3B"), undefined);
  });

  for (const text of ["", "MiB", "1MB", "1mib", "-1", "1 M", "1e6", "0x10", "99999999999GiB"]) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.equal(parseSize(text), undefined));
  }
});

describe("parseHostPort", () => {
  it("is the inverse of formatHostPort", () => {
    const host = fc.oneof(fc.constantFrom("", "localhost", "0.0.0.0", "db-1.example"), fc.ipV4(), fc.ipV6());
    fc.assert(
      fc.property(host, fc.nat(65_535), (host, port) => assert.deepEqual(parseHostPort(formatHostPort({ host, port })), { host, port })),
    );
  });

  for (const text of ["", "9100", ":", "a:", "a:65536", "a:-1", "a:1x", "::1:80", "[::1]", "http://a:80", "a b:80", "u@a:80"]) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.equal(parseHostPort(text), undefined));
  }
});
