import assert from "node:assert/strict";
import { zipOf } from "@gorunner/testing";
import { ZipEntries } from "../../src/modules/zip-entries.js";

describe("the entries of a zip", () => {
  const zip = zipOf(Array.from({ length: 300 }, (_, index) => ({ name: String(index), content: Buffer.from("x") })));

  for (const size of [1, 2, 3, 4, 5, 7, 64, 1_000_000]) {
    it(`are counted in pieces of ${size} bytes`, () => {
      const entries = new ZipEntries();
      for (let from = 0; from < zip.length; from += size) entries.take(zip.subarray(from, from + size));
      assert.equal(entries.count, 300);
    });
  }
});
