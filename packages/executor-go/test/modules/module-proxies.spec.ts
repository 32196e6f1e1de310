import assert from "node:assert/strict";
import { parseModuleProxies, proxiesIn, proxyListOf } from "../../src/modules/module-proxies.js";

describe("module proxies", () => {
  it("are a list as in GOPROXY, each asked as the one before allows", () => {
    const proxies = parseModuleProxies("https://u:w@a.example/go/ , http://b.example:3000|https://c.example");
    assert.equal(proxies.list, "https://u:w@a.example/go/,http://b.example:3000|https://c.example");
    assert.equal(
      proxyListOf(proxies, (index) => `http://bridge/${index}`),
      "http://bridge/0,http://bridge/1|http://bridge/2",
    );
  });

  it("of the toolchain's own default are its proxies, without the repositories behind them", () => {
    assert.equal(proxiesIn("https://a.example,direct")?.list, "https://a.example");
    assert.equal(proxiesIn("https://a.example|https://b.example,off")?.list, "https://a.example,https://b.example");
    assert.equal(proxiesIn("direct"), undefined);
    assert.equal(proxiesIn("off"), undefined);
  });
});
