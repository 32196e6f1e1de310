import assert from "node:assert/strict";
import { parseModuleProxies, proxiesIn, withoutProxies } from "../../src/modules/module-proxies.js";

describe("module proxies", () => {
  it("are a list as in GOPROXY, of which credentials are never shown", () => {
    assert.deepEqual(parseModuleProxies("https://u:w@a.example/go/ , http://b.example:3000|https://c.example"), {
      list: "https://u:w@a.example/go/,http://b.example:3000|https://c.example",
      shown: ["https://a.example/go", "http://b.example:3000", "https://c.example"],
    });
  });

  it("of the toolchain's own default are its proxies, without the repositories behind them", () => {
    assert.equal(proxiesIn("https://a.example,direct")?.list, "https://a.example");
    assert.equal(proxiesIn("https://a.example|https://b.example,off")?.list, "https://a.example,https://b.example");
    assert.equal(proxiesIn("direct"), undefined);
    assert.equal(proxiesIn("off"), undefined);
  });

  describe("in messages", () => {
    const proxies = parseModuleProxies("https://user:word@proxy.example:8443/go");
    for (const [said, told] of [
      ["reading https://user:xxxxx@proxy.example:8443/go/a/@v/list: 404 Not Found", "reading $GOPROXY/a/@v/list: 404 Not Found"],
      ["reading https://proxy.example:8443/go/a/@v/list: 410 Gone", "reading $GOPROXY/a/@v/list: 410 Gone"],
      ["reading https://user:word@proxy.example:8443/go/a", "reading $GOPROXY/a"],
      ['Get "https://token@elsewhere.example/x": EOF', 'Get "https://elsewhere.example/x": EOF'],
      ["dial tcp 10.1.2.3:8443: connect: connection refused", "dial tcp: connect: connection refused"],
      ["read tcp 10.1.2.9:40000->10.1.2.3:8443: i/o timeout", "read tcp: i/o timeout"],
      ["dial tcp [fd00::1]:8443: connect: no route to host", "dial tcp: connect: no route to host"],
      ["dial tcp: lookup proxy.example on 10.0.0.53:53: no such host", "dial tcp: lookup the module proxy: no such host"],
      ["dial tcp: lookup other.example on [::1]:53: server misbehaving", "dial tcp: lookup other.example: server misbehaving"],
    ] as const) {
      it(`are hidden: ${said}`, () => assert.equal(withoutProxies(said, proxies), told));
    }
  });
});
