import assert from "node:assert/strict";
import { askAs, assertRefused, assertServed, fromAnotherSite, type Headers } from "../support/as-browsers-do.js";
import { ask } from "../support/ask.js";
import { hello, withServer } from "../support/test-server.js";

describe("A web page of another origin", () => {
  for (const [what, headers] of Object.entries<Headers>({
    "by Origin alone": { Origin: "https://evil.example" },
    "by Origin and Sec-Fetch-Site": { Origin: "https://evil.example", "Sec-Fetch-Site": "cross-site" },
    "on another port of this machine": { Origin: "http://127.0.0.1:3000", "Sec-Fetch-Site": "same-site" },
    "without an origin: a sandboxed frame, a file": { Origin: "null" },
    "without an origin, whatever the browser says": { Origin: "null", "Sec-Fetch-Site": "same-origin" },
    "that embeds an answer as an image": fromAnotherSite,
    "of the same site that embeds an answer": { ...fromAnotherSite, "Sec-Fetch-Site": "same-site" },
    "in a frame": { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe" },
    "with two origins": { Origin: "http://localhost:8090, https://evil.example" },
    "with an origin that names this server as a user": { Origin: "http://127.0.0.1@evil.example" },
    "with a path behind the origin": { Origin: "http://127.0.0.1/evil.example" },
    "with a relation that is unknown": { "Sec-Fetch-Site": "same-origin, cross-site" },
    "that is an extension of the browser": { Origin: "chrome-extension://abcdef", "Sec-Fetch-Site": "none" },
  })) {
    it(`runs, shares, reads and deletes nothing: ${what}`, () =>
      withServer({}, (server) => assertRefused(server, headers, /a web page of .* may not use this server; .* cors\.origins$/)));
  }

  it("runs nothing by a request with two Origin headers, of which one is the server's own", () =>
    withServer({}, async ({ port, requests }) => {
      for (const origins of [
        ["https://evil.example", `http://localhost:${port}`],
        [`http://localhost:${port}`, "https://evil.example"],
      ]) {
        const headers = [["Host", `localhost:${port}`], ...origins.map((origin) => ["Origin", origin])] as [string, string][];
        assert.equal((await ask(port, { method: "POST", target: "/run", headers, body: hello })).status, 403);
      }
      assert.deepEqual([...new Set(requests.map(({ method }) => method))], ["unknown"]);
    }));

  it("is refused on every route but health, and on routes that there are not", () =>
    withServer({}, async (server) => {
      const statusOf = async (target: string) => (await askAs(server, { target }, { Origin: "https://evil.example" })).status;
      for (const target of ["/docs", "/openapi.json", "/docs/swagger-ui.css", "/nowhere", "/%ff"])
        assert.equal(await statusOf(target), 403, target);
      for (const target of ["/healthz", "/readyz"]) assert.equal(await statusOf(target), 200, target);
    }));

  it("gets no answer to a preflight", () =>
    withServer({}, async (server) => {
      const preflight = { Origin: "https://evil.example", "Access-Control-Request-Method": "DELETE" };
      const { status, headers } = await askAs(server, { method: "OPTIONS", target: "/shared/1" }, preflight);
      assert.equal(status, 403);
      assert.deepEqual(
        Object.keys(headers).filter((name) => name.startsWith("access-control-")),
        [],
      );
    }));

  it("can link to a page or a snippet: that changes nothing, and the linking page reads nothing", () =>
    withServer({}, async (server) => {
      const navigation = { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document" };
      for (const [target, expected] of Object.entries({ "/docs": 200, "/openapi.json": 200, "/shared/1": 404 })) {
        const { status, headers } = await askAs(server, { target }, navigation);
        assert.equal(status, expected, target);
        assert.equal(headers["cross-origin-opener-policy"], "same-origin");
        assert.match(headers["content-security-policy"] ?? "", /frame-ancestors 'none'/);
      }
      for (const method of ["POST", "DELETE"])
        assert.equal((await askAs(server, { method, target: "/shared/1?user_id=1" }, navigation)).status, 403);
      assert.equal((await askAs(server, { target: "/shared/1" }, { ...navigation, Origin: "https://evil.example" })).status, 403);
    }));
});

describe("Answers", () => {
  it("keep other pages out by headers", () =>
    withServer({}, async (server) => {
      for (const target of ["/healthz", "/docs", "/shared/1", "/nowhere", "/docs/swagger-ui.css"]) {
        const { headers } = await askAs(server, { target }, {});
        assert.equal(headers["x-content-type-options"], "nosniff");
        assert.equal(headers["cross-origin-resource-policy"], "same-origin");
        assert.match(headers["content-security-policy"] ?? "", /frame-ancestors 'none'/);
        assert.match(headers["vary"] ?? "", /Origin/);
      }
    }));
});

describe("Clients that are no foreign page", () => {
  for (const [what, headers] of Object.entries<Headers>({
    "curl and grpc-gateway's clients": { "Content-Type": "application/x-www-form-urlencoded" },
    "an address that a person has typed": { "Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate" },
    "the server's own page, when it reads": { "Sec-Fetch-Site": "same-origin" },
    "localhost in capitals and with a last dot": { Host: "LocalHost.", Origin: "http://localhost" },
    "a name below localhost": { Host: "runner.localhost:8090", Origin: "http://runner.localhost:8090" },
    "another address of loopback": { Host: "127.8.9.10:8090" },
    "IPv6's loopback": { Host: "[::1]:8090", Origin: "http://[::1]:8090", "Sec-Fetch-Site": "same-origin" },
    "a proxy of this machine that replaces Host, at a name of loopback": { Origin: "https://localhost", "Sec-Fetch-Site": "same-origin" },
  })) {
    it(`are served: ${what}`, () => withServer({}, (server) => assertServed(server, headers)));
  }

  it("are served: the server's own page", () =>
    withServer({}, async (server) => {
      await assertServed(server, { Origin: server.url });
      await assertServed(server, { Origin: server.url, "Sec-Fetch-Site": "same-origin" });
    }));
});
