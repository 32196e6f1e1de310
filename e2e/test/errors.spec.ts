import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { startSso } from "@gorunner/example-sso";
import { startPostgres } from "@gorunner/testing";
import { credentials, Metadata, makeGenericClientConstructor, type ServiceError, status } from "@grpc/grpc-js";
import { CallError, type Client, clientsOf } from "../support/clients.js";
import { cacheDir, Gorunner } from "../support/gorunner.js";
import { eventually } from "../support/host.js";
import { metric } from "../support/metrics.js";
import { hello, ofBytes, sleeps } from "../support/programs.js";

const httpStatusOf: Record<string, number> = {
  INVALID_ARGUMENT: 400,
  NOT_FOUND: 404,
  PERMISSION_DENIED: 403,
  RESOURCE_EXHAUSTED: 429,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
};

/** Asserts the row of the error table: the same code on both transports, and REST's status for it. */
async function assertRefused(client: Client, call: Promise<unknown>, code: string): Promise<CallError> {
  let refusal: CallError | undefined;
  await assert.rejects(call, (error) => {
    assert.ok(error instanceof CallError, String(error));
    assert.equal(error.code, code, `${client.name}: ${error.message}`);
    if (client.name === "REST") assert.equal(error.httpStatus, httpStatusOf[code]);
    assert.notEqual(error.message, "");
    refusal = error;
    return true;
  });
  assert.ok(refusal !== undefined);
  return refusal;
}

describe("The error table", function () {
  this.timeout(120_000);
  let server: Gorunner;
  let clients: Client[];
  before(async () => {
    server = await Gorunner.start();
    clients = clientsOf(server);
  });
  after(async () => {
    for (const client of clients) client.close();
    assert.equal(await server.stop(), 0);
  });

  const refusedCodes: [string, string][] = [
    ["empty", ""],
    ["with a NUL", `${hello}\0`],
    ["of 64 KiB and a byte", ofBytes(64 * 1024 + 1)],
    ["of 900 KB", ofBytes(900_000)],
  ];
  for (const [what, code] of refusedCodes) {
    it(`code ${what} is INVALID_ARGUMENT, to run and to share`, async () => {
      for (const client of clients) {
        await assertRefused(client, client.runCode(code), "INVALID_ARGUMENT");
        await assertRefused(client, client.shareCode(code), "INVALID_ARGUMENT");
      }
    });
  }

  it("ids and users that are not positive are INVALID_ARGUMENT", async () => {
    for (const client of clients) {
      for (const id of [0n, -1n, -(2n ** 63n)]) {
        await assertRefused(client, client.getCode(id), "INVALID_ARGUMENT");
        await assertRefused(client, client.deleteCode(id, 1n), "INVALID_ARGUMENT");
      }
      for (const user of [0n, -1n]) await assertRefused(client, client.deleteCode(1n, user), "INVALID_ARGUMENT");
    }
  });

  it("an id that no int64 holds, or that is text, is INVALID_ARGUMENT over REST", async () => {
    for (const id of ["9223372036854775808", "abc", "1.5", "0x10", "%20"]) {
      const response = await fetch(`${server.rest}/shared/${id}`);
      assert.equal(response.status, 400, id);
      assert.equal(((await response.json()) as { code: number }).code, 3);
    }
  });

  it("no such snippet is NOT_FOUND, also for ids beyond 2^53", async () => {
    for (const client of clients) {
      for (const id of [4242n, 9007199254740993n, 2n ** 63n - 1n]) {
        const { message } = await assertRefused(client, client.getCode(id), "NOT_FOUND");
        assert.match(message, new RegExp(`\\b${id}\\b`));
        await assertRefused(client, client.deleteCode(id, 1n), "NOT_FOUND");
      }
    }
  });

  it("who is no admin is told so before whether the snippet exists", async () => {
    for (const client of clients) await assertRefused(client, client.deleteCode(4242n, 2n), "PERMISSION_DENIED");
  });

  it("code that is not UTF-8 is INVALID_ARGUMENT, by its raw bytes", async () => {
    const response = await fetch(`${server.rest}/run`, {
      method: "POST",
      body: Buffer.concat([Buffer.from('{"code":"'), Buffer.from([0xff]), Buffer.from('"}')]),
    });
    assert.equal(response.status, 400);
    const error = await rawRunCode(server.grpc, Buffer.from([0x0a, 2, 0xff, 0xfe]));
    assert.equal(error.code, status.INVALID_ARGUMENT);
  });

  it("bytes that are no message are INVALID_ARGUMENT", async () => {
    assert.equal((await rawRunCode(server.grpc, Buffer.from([0x0a, 200, 1]))).code, status.INVALID_ARGUMENT);
    for (const body of ["", "{", "[]", '"code"', "null", '{"code": 5}', `${JSON.stringify({ code: hello })} x`]) {
      const response = await fetch(`${server.rest}/run`, { method: "POST", body });
      assert.equal(response.status, 400, body);
      assert.equal(((await response.json()) as { code: number }).code, 3, body);
    }
  });

  it("code of 5 MB is INVALID_ARGUMENT over gRPC, not something to try again", async () => {
    const [grpc] = clients;
    assert.ok(grpc !== undefined);
    await assertRefused(grpc, grpc.runCode(ofBytes(5_000_000)), "INVALID_ARGUMENT");
  });

  it("a body over the limit is 413", async () => {
    const response = await fetch(`${server.rest}/run`, { method: "POST", body: JSON.stringify({ code: "x".repeat(2 * 1024 * 1024) }) });
    assert.equal(response.status, 413);
  });

  it("unknown routes are 404 with code 5, wrong methods 501 with code 12", async () => {
    for (const [method, path, httpStatus, code] of [
      ["GET", "/nowhere", 404, 5],
      ["GET", "/run", 501, 12],
      ["PUT", "/shared/1", 501, 12],
    ] as const) {
      const response = await fetch(`${server.rest}${path}`, { method });
      assert.equal(response.status, httpStatus);
      assert.equal(((await response.json()) as { code: number }).code, code);
    }
  });

  it("a deadline that passes is DEADLINE_EXCEEDED, and the run is killed", async () => {
    for (const client of clients) await assertRefused(client, client.runCode(sleeps(4000), { timeoutMs: 700 }), "DEADLINE_EXCEEDED");
  });
});

describe("An overloaded server", function () {
  this.timeout(120_000);

  it("refuses what its queue can't hold as RESOURCE_EXHAUSTED, says when to come back, and answers what it accepted", async () => {
    const server = await Gorunner.start({ config: { executor: { cache_dir: cacheDir, concurrency: 1, queue: 1 } } });
    try {
      for (const client of clientsOf(server)) {
        // An answer goes out a moment before its place is free.
        await eventually(async () => assert.equal(await metric(server.metrics, "runner_executions_in_flight"), 0));
        const calls = await Promise.allSettled(Array.from({ length: 6 }, () => client.runCode(sleeps(300))));
        const answered = calls.filter(({ status }) => status === "fulfilled");
        assert.equal(answered.length, 2, client.name);
        for (const call of calls) {
          if (call.status === "fulfilled") assert.equal(call.value.output, "slept\n");
          else {
            const refusal = await assertRefused(client, Promise.reject(call.reason), "RESOURCE_EXHAUSTED");
            assert.match(refusal.retryAfter ?? "", /^[1-9]\d*$/, client.name);
          }
        }
        client.close();
      }
    } finally {
      assert.equal(await server.stop(), 0);
    }
  });
});

describe("A server whose dependencies are gone", function () {
  this.timeout(120_000);

  it("answers UNAVAILABLE for the store, still runs code, and recovers without a restart", async () => {
    const postgres = await startPostgres();
    const server = await Gorunner.start({ config: { db_uri: postgres.url, db: { timeout: "1s" } } });
    const clients = clientsOf(server);
    try {
      const id = await clients[0]?.shareCode(hello);
      assert.ok(id !== undefined);
      await postgres.kill();
      for (const client of clients) {
        await assertRefused(client, client.shareCode(hello), "UNAVAILABLE");
        await assertRefused(client, client.getCode(id + 1n), "UNAVAILABLE");
        assert.equal((await client.runCode(hello)).output, "Hello RunCode!\n");
      }
      await server.logged(/^not ready/);
      assert.equal((await fetch(`${server.rest}/readyz`)).status, 503);
      assert.equal((await fetch(`${server.rest}/healthz`)).status, 200);
      await postgres.start();
      for (const client of clients) assert.equal((await client.getCode(id)).output, "Hello RunCode!\n");
    } finally {
      for (const client of clients) client.close();
      assert.equal(await server.stop(), 0);
      await postgres.stop();
    }
  });

  it("answers UNAVAILABLE when the SSO service is down, and deletes nothing", async () => {
    const server = await Gorunner.start({ config: { clients: { sso: { address: "127.0.0.1:1", timeout: "200ms", retriesCount: 2 } } } });
    const clients = clientsOf(server);
    try {
      for (const client of clients) {
        const id = await client.shareCode(hello);
        await assertRefused(client, client.deleteCode(id, 1n), "UNAVAILABLE");
        assert.equal((await client.getCode(id)).code, hello);
      }
    } finally {
      for (const client of clients) client.close();
      assert.equal(await server.stop(), 0);
    }
  });
});

describe("A delete that is refused while the SSO service hangs", function () {
  this.timeout(120_000);

  it("is not carried out when the service answers at last", async () => {
    // Accepts connections and answers nothing, until it is told to give way to the real one.
    const hanging = createServer().listen(0, "127.0.0.1");
    await once(hanging, "listening");
    const { port } = hanging.address() as AddressInfo;
    const sockets = new Set<Socket>();
    hanging.on("connection", (socket) => sockets.add(socket));
    const server = await Gorunner.start({ config: { clients: { sso: { address: `127.0.0.1:${port}`, timeout: "2s", retriesCount: 5 } } } });
    const clients = clientsOf(server);
    const ids = await Promise.all(clients.map((client) => client.shareCode(hello)));
    for (const [index, client] of clients.entries()) {
      await assertRefused(client, client.deleteCode(ids[index] ?? 0n, 1n, { timeoutMs: 300 }), "DEADLINE_EXCEEDED");
    }
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => hanging.close(resolve));
    const sso = await startSso({ host: "127.0.0.1", port });
    try {
      // A delete of another snippet goes through, after any that were still under way.
      const other = await clients[0]?.shareCode(hello);
      assert.equal(await clients[0]?.deleteCode(other ?? 0n, 1n), true);
      for (const [index, client] of clients.entries()) assert.equal((await client.getCode(ids[index] ?? 0n)).code, hello);
    } finally {
      for (const client of clients) client.close();
      assert.equal(await server.stop(), 0);
      await sso.close();
    }
  });
});

/** Sends bytes as a CodeRequest, whatever they are. */
function rawRunCode(address: string, bytes: Buffer): Promise<ServiceError> {
  const Raw = makeGenericClientConstructor({}, "Raw");
  const client = new Raw(address, credentials.createInsecure());
  const asIs = (value: Buffer) => value;
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest("/runner.Runner/RunCode", asIs, asIs, bytes, new Metadata(), (error) => {
      client.close();
      if (error === null) reject(new Error("it was accepted"));
      else resolve(error);
    });
  });
}
