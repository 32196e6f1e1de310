import assert from "node:assert/strict";
import { status } from "@grpc/grpc-js";
import { protoPath } from "grpc-health-check";
import { loadedClient } from "./support/loaded-client.js";
import { answered, failureOf, type Service, withService } from "./support/service.js";

async function withHealth(body: (check: (service: string) => Promise<string>, service: Service) => Promise<void>): Promise<void> {
  await withService({}, async (service) => {
    const client = loadedClient(protoPath, "grpc.health.v1.Health", service.address);
    try {
      await body(async (name) => (await answered<{ status: string }>((end) => client.check({ service: name }, end))).status, service);
    } finally {
      client.close();
    }
  });
}

describe("grpc.health.v1.Health", () => {
  for (const name of ["", "runner.Runner"]) {
    it(`tells whether "${name}" is serving`, () =>
      withHealth(async (check, { server }) => {
        assert.equal(await check(name), "NOT_SERVING");
        server.setServing(true);
        assert.equal(await check(name), "SERVING");
        server.setServing(false);
        assert.equal(await check(name), "NOT_SERVING");
      }));
  }

  it("does not know other services", () =>
    withHealth(async (check) => {
      assert.equal((await failureOf(check("nobody.Nobody"))).code, status.NOT_FOUND);
    }));

  it("tells a watcher of the end, and the watcher does not hold it up", () =>
    withHealth(async (_check, { server, address }) => {
      server.setServing(true);
      const client = loadedClient(protoPath, "grpc.health.v1.Health", address);
      const seen: string[] = [];
      const watched = Promise.withResolvers<void>();
      const cut = Promise.withResolvers<void>();
      const watch = client.watch({ service: "runner.Runner" });
      watch.on("data", (answer: { status: string }) => {
        seen.push(answer.status);
        watched.resolve();
      });
      watch.on("error", () => cut.resolve());
      await watched.promise;
      const startedMs = performance.now();
      await server.close({ graceMs: 60_000 });
      await cut.promise;
      client.close();
      assert.deepEqual(seen, ["SERVING", "NOT_SERVING"]);
      assert.ok(performance.now() - startedMs < 10_000);
    }));
});
