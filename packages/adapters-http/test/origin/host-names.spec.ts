import assert from "node:assert/strict";
import { AllowList, ownPagesOnly } from "../../src/origin/allow-list.js";
import { foreignPageRefusal } from "../../src/origin/foreign-page.js";
import { assertRefused, assertServed } from "../support/as-browsers-do.js";
import { ask } from "../support/ask.js";
import { withServer } from "../support/test-server.js";

describe("A name that is not the server's, on a loopback address (DNS rebinding)", () => {
  for (const host of [
    "attacker.test",
    "attacker.test:8090",
    "127.0.0.1.nip.io",
    "localhost.attacker.test",
    "notlocalhost",
    "127.0.0.1@attacker.test",
    "attacker.test@127.0.0.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "127.1",
    "128.0.0.1",
    "0.0.0.1",
    "[::2]",
    "[::1%lo]",
    "[::1].attacker.test",
    "::1",
    "localhost:8090:80",
    "localhost/",
    "",
  ]) {
    it(`is refused: ${JSON.stringify(host)}`, () => withServer({}, (server) => assertRefused(server, { Host: host }, /cors\.hosts$/)));
  }

  for (const host of ["0.0.0.0", "0.0.0.0:8090", "[::]", "localhost:", "127.0.0.1:", "[::1]:"]) {
    it(`is none that a page can have, and served: ${host}`, () =>
      withServer({}, async (server) => {
        await assertServed(server, { Host: host });
        // A page of another origin that uses such a name for the server, which browsers let it do.
        await assertRefused(server, { Host: host, Origin: "https://evil.example" }, /cors\.origins$/);
        await assertRefused(server, { Host: host, Origin: "http://0.0.0.0:1" }, /cors\.origins$/);
      }));
  }

  it("is refused also as the page's own origin", () =>
    withServer({}, async (server) => {
      const { port } = server;
      const rebound = { Origin: `http://attacker.test:${port}`, "Sec-Fetch-Site": "same-origin" };
      await assertRefused(server, { Host: `attacker.test:${port}`, ...rebound }, /cors\.hosts$/);
      // A proxy on this machine that replaces Host.
      await assertRefused(server, rebound, /cors\.origins$/);
    }));

  it("is not taken from a header that any client can send", () =>
    withServer({}, async (server) => {
      await assertRefused(server, { Host: "attacker.test", "X-Forwarded-Host": "localhost", Forwarded: "host=localhost" }, /cors\.hosts$/);
      await assertServed(server, { "X-Forwarded-Host": "attacker.test", Forwarded: "host=attacker.test" });
    }));

  it("is refused where the request target has it, whatever Host says", () =>
    withServer({}, async ({ port }) => {
      const at = async (target: string, host = `localhost:${port}`) => (await ask(port, { target, headers: [["Host", host]] })).status;
      for (const target of ["http://attacker.test/openapi.json", "http://localhost@attacker.test/openapi.json", "http:///openapi.json"]) {
        assert.equal(await at(target), 403, target);
      }
      assert.equal(await at(`http://localhost:${port}/openapi.json`), 200);
    }));

  it("is refused where there is none, as HTTP/1.0 allows", () =>
    withServer({}, async ({ port }) => {
      assert.equal((await ask(port, { target: "/openapi.json", version: "HTTP/1.0" })).status, 403);
      assert.equal((await ask(port, { target: "/healthz", version: "HTTP/1.0" })).status, 200);
    }));

  it("is 400 beside another one", () =>
    withServer({}, async ({ port }) => {
      const headers: [string, string][] = [
        ["Host", "localhost"],
        ["host", "attacker.test"],
      ];
      const { status, body } = await ask(port, { target: "/openapi.json", headers });
      assert.deepEqual([status, (JSON.parse(body) as { code: number }).code], [400, 3]);
    }));

  it("is served where cors.hosts lists it, as the server's own", () =>
    withServer({ cors: { origins: [], hosts: ["Runner.Example"] } }, async (server) => {
      await assertServed(server, { Host: "runner.example", Origin: "https://runner.example" });
      await assertServed(server, { Host: "RUNNER.example.:8443" });
      // The proxy has replaced Host, and the browser says that the page is the server's.
      await assertServed(server, { Origin: "https://runner.example", "Sec-Fetch-Site": "same-origin" });
      await assertRefused(server, { Host: "runner.example", Origin: "https://evil.example" }, /cors\.origins$/);
      await assertRefused(server, { Host: "evil.example" }, /cors\.hosts$/);
    }));

  it("is served where cors.hosts is *", () =>
    withServer({ cors: { origins: [], hosts: ["*"] } }, (server) => assertServed(server, { Host: "any.example" })));

  describe("where the connection is known only by its address", () => {
    const ask = (localAddress: string | undefined, headers: Record<string, string>) => {
      const request = { method: "POST", url: "/", headers, headersDistinct: {}, socket: { localAddress } };
      return foreignPageRefusal(request, new AllowList(ownPagesOnly))?.code;
    };

    it("is served on an address that is not loopback's, where the server knows none of its names", () => {
      const headers = { host: "runner.example" };
      for (const address of ["192.0.2.1", "::ffff:192.0.2.1", "2001:db8::1"]) assert.equal(ask(address, headers), undefined, address);
      for (const address of ["127.0.0.1", "127.0.1.1", "::1", "::ffff:127.0.0.1"]) assert.equal(ask(address, headers), "PERMISSION_DENIED");
    });

    it("is refused where the connection has gone", () => assert.equal(ask(undefined, { host: "runner.example" }), "PERMISSION_DENIED"));

    it("is served for a proxy on another machine that replaces Host, if the browser vouches for the page", () => {
      const headers = { host: "backend:8090", origin: "https://runner.example" };
      assert.equal(ask("192.0.2.1", { ...headers, "sec-fetch-site": "same-origin" }), undefined);
      assert.equal(ask("192.0.2.1", headers), "PERMISSION_DENIED");
    });
  });
});
