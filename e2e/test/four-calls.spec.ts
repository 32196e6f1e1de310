import assert from "node:assert/strict";
import { startSso } from "@gorunner/example-sso";
import { freshDatabase, freshRedis } from "@gorunner/testing";
import { CallError, clientsOf } from "../support/clients.js";
import { Gorunner } from "../support/gorunner.js";
import { hello } from "../support/programs.js";

/** Each way in which the server can be set up answers the same. */
const setups: [string, () => Promise<{ config: Record<string, unknown>; close(): Promise<unknown> }>][] = [
  ["on its defaults (memory, in process, static admins)", async () => ({ config: {}, close: async () => {} })],
  ["on SQLite", async () => ({ config: { db_uri: "sqlite:data/runner.db" }, close: async () => {} })],
  [
    "on PostgreSQL, Redis and an SSO service",
    async () => {
      const [database, redis, sso] = await Promise.all([freshDatabase(), freshRedis(), startSso({ host: "127.0.0.1", port: 0 })]);
      return {
        config: { db_uri: database.url, redis_addr: redis.url, clients: { sso: { address: `127.0.0.1:${sso.port}` } } },
        close: () => Promise.all([database.drop(), redis.drop(), sso.close()]),
      };
    },
  ],
];

for (const [setup, open] of setups) {
  describe(`The four calls ${setup}`, () => {
    let server: Gorunner;
    let close: () => Promise<unknown>;
    before(async function () {
      this.timeout(120_000);
      const opened = await open();
      close = opened.close;
      server = await Gorunner.start({ config: opened.config });
    });
    after(async () => {
      assert.equal(await server.stop(), 0);
      await close();
    });

    for (const index of [0, 1]) {
      it(`answer as documented over ${["gRPC", "REST"][index]}`, async () => {
        const client = clientsOf(server)[index];
        assert.ok(client !== undefined);
        const answer = { code: hello, output: "Hello RunCode!\n", error: "" };
        assert.deepEqual(await client.runCode(hello), answer);
        const id = await client.shareCode(hello);
        assert.ok(id > 0n);
        assert.deepEqual(await client.getCode(id), answer);
        assert.deepEqual(await client.getCode(id), answer);
        await assert.rejects(client.deleteCode(id, 999n), (error) => error instanceof CallError && error.code === "PERMISSION_DENIED");
        assert.equal(await client.deleteCode(id, 1n), true);
        await assert.rejects(client.getCode(id), (error) => error instanceof CallError && error.code === "NOT_FOUND");
        await assert.rejects(client.deleteCode(id, 1n), (error) => error instanceof CallError && error.code === "NOT_FOUND");
        client.close();
      });
    }

    it("broken code can be shared, and is stored with what the compiler said", async () => {
      const [client] = clientsOf(server);
      assert.ok(client !== undefined);
      const code = "package main\n\nfunc main() {\n\tfoo()\n}\n";
      const id = await client.shareCode(code);
      assert.deepEqual(await client.getCode(id), { code, output: "", error: "prog.go:4:2: undefined: foo\n" });
      client.close();
    });
  });
}
