import assert from "node:assert/strict";
import { parseAsked } from "../../src/modules/forward-path.js";

describe("what the forwarder is asked", () => {
  for (const [url, of, path] of [
    ["/0/a.example/m/@v/list", "proxy", "/a.example/m/@v/list"],
    ["/1/a.example/m/@latest", "proxy", "/a.example/m/@latest"],
    ["/0/a.example/%21big/@v/v1.0.0+incompatible.zip", "proxy", "/a.example/!big/@v/v1.0.0+incompatible.zip"],
    ["/0/a.example/m/v2/@v/v2.0.0-20200101000000-abcdefabcdef.mod", "proxy", "/a.example/m/v2/@v/v2.0.0-20200101000000-abcdefabcdef.mod"],
    ["/sumdb/latest", "checksums", "/latest"],
    ["/sumdb/lookup/a.example/m@v1.0.0", "checksums", "/lookup/a.example/m@v1.0.0"],
    ["/sumdb/tile/8/0/x001/234.p/5", "checksums", "/tile/8/0/x001/234.p/5"],
  ] as const) {
    it(`may be ${url}`, () => {
      const asked = parseAsked(url);
      assert.deepEqual([asked?.of, asked?.path], [of, path]);
    });
  }

  for (const url of [
    "",
    "/",
    "/0",
    "/0/a.example",
    "/0/a.example/m/@v/../../../etc/passwd",
    "/0/a.example/m/@v/%2e%2e/x.zip",
    "/0//a.example/@v/list",
    "/0/a.example/m/@v/v1.0.0.zip?token=1",
    "/0/a.example/m/@v/v1.0.0.exe",
    "/0/a.example/m/@v/v1.0.0%0d%0a.zip",
    "/0/.git/@v/list",
    "/00x/a.example/m/@v/list",
    "/sumdb/other",
    "/sumdb/latest/more",
    "http://127.0.0.1/0/a.example/m/@v/list",
    `/0/${"a".repeat(3000)}/@v/list`,
  ]) {
    it(`is never ${url.slice(0, 60)}`, () => assert.equal(parseAsked(url), undefined));
  }
});
