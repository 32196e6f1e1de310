import assert from "node:assert/strict";
import type { CorsOptions } from "../../src/index.js";
import { askAs, assertRefused, assertServed, fromAnotherSite } from "../support/as-browsers-do.js";
import { withServer } from "../support/test-server.js";

const shared: CorsOptions = { origins: ["https://app.example", "http://localhost:3000"], hosts: [] };
describe("An origin that cors.origins lists", () => {
  it("uses the API and reads its answers, errors too", () =>
    withServer({ cors: shared }, async (server) => {
      for (const [origin, site] of [
        ["https://app.example", "cross-site"],
        ["http://localhost:3000", "same-site"],
      ] as const) {
        await assertServed(server, { Origin: origin, "Sec-Fetch-Site": site });
        for (const target of ["/shared/42", "/nowhere", "/openapi.json"]) {
          const { headers } = await askAs(server, { target }, { Origin: origin });
          assert.equal(headers["access-control-allow-origin"], origin, target);
          assert.equal(headers["access-control-expose-headers"], "X-Request-Id,Retry-After");
          assert.equal(headers["cross-origin-resource-policy"], "cross-origin");
          assert.equal(headers["access-control-allow-credentials"], undefined);
          assert.match(headers["vary"] ?? "", /Origin/);
        }
      }
    }));

  it("gets an answer to its preflights", () =>
    withServer({ cors: shared }, async (server) => {
      const { status, headers } = await askAs(
        server,
        { method: "OPTIONS", target: "/shared/1" },
        { Origin: "https://app.example", "Access-Control-Request-Method": "DELETE", "Access-Control-Request-Headers": "grpc-timeout" },
      );
      assert.equal(status, 204);
      assert.equal(headers["access-control-allow-origin"], "https://app.example");
      assert.match(headers["access-control-allow-methods"] ?? "", /DELETE/);
      assert.equal(headers["access-control-allow-headers"], "grpc-timeout");
    }));

  for (const origin of [
    "http://app.example",
    "https://app.example:8443",
    "https://app.example.evil.example",
    "https://evil.example/https://app.example",
    "https://sub.app.example",
    "http://localhost:3001",
    "null",
    "*",
  ]) {
    it(`is not ${origin}`, () => withServer({ cors: shared }, (server) => assertRefused(server, { Origin: origin }, /cors\.origins$/)));
  }

  it("is, as *, every one, and none at all", () =>
    withServer({ cors: { origins: ["*"], hosts: [] } }, async (server) => {
      for (const headers of [{ Origin: "https://any.example" }, { Origin: "null" }, fromAnotherSite]) await assertServed(server, headers);
      const { headers } = await askAs(server, { target: "/openapi.json" }, { Origin: "https://any.example" });
      assert.equal(headers["access-control-allow-origin"], "https://any.example");
      await assertRefused(server, { Host: "attacker.test" }, /cors\.hosts$/);
    }));
});
