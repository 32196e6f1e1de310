import assert from "node:assert/strict";
import { type CodeExecutor, RefusalLog, silentLogger } from "@gorunner/core";
import { defaultHttpLimits } from "../src/connections/limits.js";
import { Listener } from "../src/connections/listener.js";
import { anExecution } from "./support/in-test-ports.js";
import { postHead, RawConnection } from "./support/raw-request.js";
import { hello, until, withServer } from "./support/test-server.js";

const healthz = "GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n";
const mib = 1024 * 1024;

/** What a connection is told before it is closed: the status and the error's code. */
async function toldTo(client: RawConnection): Promise<[status: number, code: number]> {
  await client.ended;
  const [, status] = /^HTTP\/1.1 (\d+) /.exec(client.received) ?? [];
  const { code } = JSON.parse(client.received.slice(client.received.indexOf("\r\n\r\n"))) as { code: number };
  return [Number(status), code];
}

describe("the bounds of HTTP", () => {
  it("headers above the limit are refused with 431, and so are more than a hundred", () =>
    withServer({ limits: { maxHeaderBytes: 4096 } }, async ({ port, fetch }) => {
      const large = new RawConnection(port);
      large.write(`GET /healthz HTTP/1.1\r\nHost: test\r\nX-Pad: ${"x".repeat(5000)}\r\n\r\n`);
      assert.deepEqual(await toldTo(large), [431, 3]);
      const many = new RawConnection(port);
      many.write(`GET /healthz HTTP/1.1\r\nHost: test\r\n${"a: b\r\n".repeat(120)}\r\n`);
      assert.deepEqual(await toldTo(many), [431, 3]);
      assert.equal((await fetch("/healthz", { headers: { "x-pad": "x".repeat(3000) } })).status, 200);
    }));

  it("what is not HTTP, or smuggles chunk extensions, is refused with the error's JSON", () =>
    withServer({}, async ({ port }) => {
      const tls = new RawConnection(port);
      tls.write("\x16\x03\x01\x02\x00\x01\x00");
      assert.deepEqual(await toldTo(tls), [400, 3]);
      const extended = new RawConnection(port);
      extended.write(`POST /run HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n1;${"x".repeat(20_000)}\r\n`);
      assert.deepEqual(await toldTo(extended), [413, 3]);
    }));

  it("a connection that says nothing, half a head, or half a body, is told 408 after the time for receiving", () =>
    withServer({ limits: { receiveTimeoutMs: 200 } }, async ({ port }) => {
      for (const sent of ["", "GET /heal", `${postHead("/run", 100)}{`, postHead("/run", 100, "Expect: 100-continue\r\n")]) {
        const client = new RawConnection(port);
        client.write(sent);
        await client.ended;
        assert.match(client.received, /HTTP\/1.1 408 .*"code":4/s, JSON.stringify(sent));
      }
    }));

  it("a body that crawls is cut at the same time", () =>
    withServer({ limits: { receiveTimeoutMs: 500 } }, async ({ port, requests }) => {
      const client = new RawConnection(port);
      client.write(postHead("/run", 100_000));
      const crawl = setInterval(() => client.write(" "), 20);
      await client.ended;
      clearInterval(crawl);
      await until(() => requests.length === 1);
      assert.equal(requests[0]?.code, "CANCELLED");
    }));

  it("an idle connection gives way to a new one; above the bound of those that are served, one is told 429", () => {
    const releases: (() => void)[] = [];
    const executor: CodeExecutor = { execute: () => new Promise((resolve) => releases.push(() => resolve(anExecution()))) };
    return withServer({ executor, limits: { maxConnections: 2, maxConnectionsPerPeer: 2 } }, async ({ port, lines }) => {
      const [served, idle] = [new RawConnection(port), new RawConnection(port)];
      served.write(postHead("/run", hello.length) + hello);
      idle.write(healthz);
      await until(() => releases.length === 1 && idle.received.includes("200 OK"));
      const second = new RawConnection(port);
      second.write(postHead("/run", hello.length) + hello);
      await idle.ended;
      await until(() => releases.length === 2);
      assert.deepEqual(await toldTo(new RawConnection(port)), [429, 8]);
      for (const release of releases) release();
      await until(() => [served, second].every(({ received }) => received.includes("200 OK")));
      assert.ok(lines.some((line) => JSON.stringify(line).includes("refused because of a bound")));
      served.close();
      second.close();
    });
  });

  it("bodies that arrive are refused with 429 when memory is used up, however small they are on the wire", () =>
    withServer({ limits: { maxBufferBytes: 8 * mib } }, async ({ port, requests }) => {
      const clients = Array.from({ length: 12 }, () => new RawConnection(port));
      for (const client of clients) client.write(postHead("/run", mib) + " ".repeat(mib - 1));
      await until(() => requests.length >= 8);
      assert.deepEqual(new Set(requests.map(({ code }) => code)), new Set(["RESOURCE_EXHAUSTED"]));
      assert.ok(clients.some(({ received }) => received.startsWith("HTTP/1.1 429 ")));
      for (const client of clients) client.close();
    }));

  it("answers that are not taken are cut when memory is used up", async () => {
    const limits = { ...defaultHttpLimits, maxBufferBytes: 64 * mib };
    const answer = Buffer.alloc(12 * mib);
    const listener = new Listener(
      { limits, refusals: new RefusalLog(silentLogger, "http") },
      (_request, response) => void response.end(answer),
    );
    const port = await listener.listen({ host: "127.0.0.1", port: 0 });
    const clients = Array.from({ length: 10 }, () => new RawConnection(port));
    let cut = 0;
    for (const client of clients) {
      client.socket.pause();
      client.write(healthz);
      void client.ended.then(() => cut++);
    }
    // Nothing is read, so the end is only seen by writing.
    const writing = setInterval(() => {
      for (const client of clients) client.write(healthz);
    }, 50);
    await until(() => cut >= 5);
    clearInterval(writing);
    for (const client of clients) client.close();
    await listener.close({ graceMs: 0 });
  });

  it("answers for which there is no room are refused with 429 before they are whole, and a reading client gets the next", async () => {
    const execution = anExecution({ stdout: Buffer.alloc(mib, "x") });
    await withServer({ executor: { execute: async () => execution }, limits: { maxBufferBytes: 4 * mib } }, async ({ post }) => {
      const ask = async () => {
        const response = await post("/run", hello);
        assert.ok(response.status === 200 || response.headers.get("retry-after") === "1", `${response.status}`);
        await response.arrayBuffer();
        return response.status;
      };
      // All are written at once, and an address may hold 2 MiB.
      const statuses = await Promise.all(Array.from({ length: 12 }, ask));
      assert.deepEqual([...new Set(statuses)].sort(), [200, 429]);
      assert.equal(await ask(), 200);
    });
  });

  it("an upgrade is a request as any other", () =>
    withServer({}, async ({ port }) => {
      const client = new RawConnection(port);
      client.write("GET /healthz HTTP/1.1\r\nHost: test\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n");
      await client.ended;
      assert.match(client.received, /^HTTP\/1.1 200 /);
    }));
});
