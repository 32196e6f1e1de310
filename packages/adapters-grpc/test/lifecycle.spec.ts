import assert from "node:assert/strict";
import { createServer } from "node:net";
import { RunnerError } from "@gorunner/core";
import { credentials, Server, ServerCredentials, setLogger, status } from "@grpc/grpc-js";
import { RunnerClient } from "../src/gen/runner/runner.js";
import { logGrpcLibraryTo } from "../src/index.js";
import { HangingExecutor } from "./support/ports.js";
import { callsOf, failureOf, startService, withService } from "./support/service.js";

const code = "package main\n\nfunc main() {}\n";

/** Calls RunCode with a connection of its own. */
async function runFrom(address: string): Promise<{ output: string }> {
  const client = new RunnerClient(address, credentials.createInsecure(), { "grpc.enable_http_proxy": 0 });
  try {
    return await callsOf(client).runCode({ code });
  } finally {
    client.close();
  }
}

const hasIpv6 = () =>
  new Promise<boolean>((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(0, "::1", () => probe.close(() => resolve(true)));
  });

describe("createGrpcServer", () => {
  it("with an empty host listens on all interfaces, IPv4 and IPv6", () =>
    withService({}, async ({ server }) => {
      const port = await server.listen({ host: "", port: 0 });
      assert.ok(port > 0);
      assert.equal((await runFrom(`127.0.0.1:${port}`)).output, "Hello RunCode!\n");
      if (await hasIpv6()) assert.equal((await runFrom(`[::1]:${port}`)).output, "Hello RunCode!\n");
    }));

  for (const host of ["127.0.0.1", ""]) {
    it(`says so when the port is in use (host "${host}")`, () =>
      withService({}, async (first) => {
        await withService({}, async ({ server }) => {
          await assert.rejects(server.listen({ host, port: first.port }), (failure) => {
            assert.ok(failure instanceof RunnerError);
            assert.match(failure.message, new RegExp(`gRPC can't listen on .*:${first.port}: the port is in use`));
            return true;
          });
        });
      }));
  }

  it("says so when the machine has no such address", () =>
    withService({}, async ({ server }) => {
      await assert.rejects(server.listen({ host: "192.0.2.1", port: 0 }), /no such address/);
    }));

  it("what grpc-js says itself goes to the program's log where that is wanted", () =>
    withService({}, async ({ port, logger }) => {
      logGrpcLibraryTo(logger);
      try {
        const other = new Server();
        await new Promise((resolve) => other.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), resolve));
      } finally {
        setLogger(console);
      }
      assert.match(String(logger.lines.find(({ level }) => level === "debug")?.fields["said"]), /No address added/);
    }));

  it("closing lets a call under way end, and refuses new ones as UNAVAILABLE", async () => {
    const executor = new HangingExecutor();
    const { server, client, address } = await startService({ executor });
    const answer = callsOf(client).runCode({ code });
    await executor.started;
    const closed = server.close({ graceMs: 60_000 });
    const refused = await Promise.all([failureOf(runFrom(address)), failureOf(callsOf(client).runCode({ code }))]);
    assert.deepEqual(
      refused.map((failure) => status[failure.code]),
      ["UNAVAILABLE", "UNAVAILABLE"],
    );
    executor.release();
    assert.equal((await answer).output, "Hello RunCode!\n");
    await closed;
    client.close();
  });

  it("closing cuts what still runs after the grace period", async () => {
    const executor = new HangingExecutor();
    const { server, client } = await startService({ executor });
    const answer = failureOf(callsOf(client).runCode({ code }));
    await executor.started;
    const startedMs = performance.now();
    await server.close({ graceMs: 200 });
    assert.ok(performance.now() - startedMs >= 199);
    const reason = await executor.aborted;
    assert.ok(reason instanceof RunnerError && reason.code === "CANCELLED");
    assert.ok([status.UNAVAILABLE, status.CANCELLED].includes((await answer).code));
    client.close();
  });

  it("closing twice is closing once, also when it never listened", async () => {
    const { server, client } = await startService();
    client.close();
    await Promise.all([server.close({ graceMs: 1000 }), server.close({ graceMs: 0 })]);
    await server.close({ graceMs: 0 });
  });
});
