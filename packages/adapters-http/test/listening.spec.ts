import assert from "node:assert/strict";
import { connect, createServer } from "node:net";
import { type CodeExecutor, RefusalLog, RunnerError, silentLogger } from "@gorunner/core";
import { defaultHttpLimits, type HttpLimits } from "../src/connections/limits.js";
import { Listener } from "../src/connections/listener.js";
import { createMetricsServer, PrometheusMetrics } from "../src/index.js";
import { anExecution } from "./support/in-test-ports.js";
import { postHead, RawConnection } from "./support/raw-request.js";
import { hello, startServer, until, withServer } from "./support/test-server.js";

/** An executor whose runs end when the test says so. */
function held(): { executor: CodeExecutor; started: () => number; release: () => void } {
  const waiting: (() => void)[] = [];
  const executor: CodeExecutor = {
    execute: () => new Promise((resolve) => waiting.push(() => resolve(anExecution()))),
  };
  return { executor, started: () => waiting.length, release: () => void waiting.map((end) => end()) };
}

const limitedBy = (limits: Partial<HttpLimits>) => ({
  limits: { ...defaultHttpLimits, maxBufferBytes: 64 * 1024 * 1024, ...limits },
  refusals: new RefusalLog(silentLogger, "http"),
});

/** More than the kernel's buffers of a connection hold. */
const large = Buffer.alloc(24 * 1024 * 1024);

describe("an answer that its client does not take", () => {
  it("ends the connection when its time is up; what was asked for behind it is not even made", async () => {
    let made = 0;
    const listener = new Listener(limitedBy({ answerTimeoutMs: 500 }), async (_request, response) => {
      await new Promise(setImmediate);
      made++;
      response.end(large);
    });
    const port = await listener.listen({ host: "127.0.0.1", port: 0 });
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => {}).pause();
    socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(50));
    // Nothing is read, so the end is only seen by writing.
    const asking = setInterval(() => socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"), 10);
    try {
      await until(() => socket.destroyed);
      assert.equal(made, 1);
    } finally {
      clearInterval(asking);
      socket.destroy();
      await listener.close({ graceMs: 0 });
    }
  });

  it("ends the connection at once when too much is asked for behind it", async () => {
    const listener = new Listener(limitedBy({}), () => {});
    const port = await listener.listen({ host: "127.0.0.1", port: 0 });
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => {});
    socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(200));
    await until(() => socket.destroyed);
    await listener.close({ graceMs: 0 });
  });

  it("is whole for a client that takes its time, within the limit", async () => {
    const listener = new Listener(limitedBy({ answerTimeoutMs: 20_000 }), (_request, response) => void response.end(large));
    const port = await listener.listen({ host: "127.0.0.1", port: 0 });
    const response = await fetch(`http://127.0.0.1:${port}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal((await response.arrayBuffer()).byteLength, large.length);
    await listener.close({ graceMs: 0 });
  });
});

const aListener = () => new Listener(limitedBy({}), (_request, response) => void response.end("here"));

describe("listening", () => {
  it("with an empty host is on every interface, IPv4 and IPv6", async () => {
    const listener = aListener();
    const port = await listener.listen({ host: "", port: 0 });
    assert.ok(port > 0);
    for (const host of ["127.0.0.1", "[::1]"]) assert.equal(await (await fetch(`http://${host}:${port}`)).text(), "here");
    await listener.close({ graceMs: 0 });
  });

  it("on a port in use is an error that says so", async () => {
    const other = createServer();
    const port = await new Promise<number>((resolve) =>
      other.listen(0, "127.0.0.1", () => resolve((other.address() as { port: number }).port)),
    );
    const listener = aListener();
    await assert.rejects(listener.listen({ host: "127.0.0.1", port }), (thrown) => {
      assert.ok(thrown instanceof RunnerError);
      assert.equal(thrown.code, "UNAVAILABLE");
      assert.equal(thrown.message, `127.0.0.1, port ${port} is in use by another process; stop that one or choose another port`);
      return true;
    });
    await new Promise((resolve) => other.close(resolve));
    assert.equal(await listener.listen({ host: "127.0.0.1", port }), port);
    await listener.close({ graceMs: 0 });
  });

  it("on a host that is not this machine's is an error that says so", async () => {
    const listener = aListener();
    await assert.rejects(listener.listen({ host: "192.0.2.1", port: 0 }), /192\.0\.2\.1, port 0 is no address of this machine/);
    await listener.close({ graceMs: 0 });
  });
});

describe("closing", () => {
  it("lets a request end, tells its client to go, and refuses new ones", async () => {
    const { executor, started, release } = held();
    const { server, port, url } = await startServer({ executor });
    const client = new RawConnection(port);
    client.write(postHead("/run", hello.length) + hello);
    await until(() => started() === 1);
    const closed = server.close({ graceMs: 60_000 });
    await assert.rejects(fetch(url));
    release();
    await client.ended;
    await closed;
    assert.match(client.received, /^HTTP\/1.1 200 OK\r\n/);
    assert.match(client.received, /^Connection: close\r\n/im);
  });

  it("waits neither for idle connections nor for silent ones", async () => {
    const { server, port } = await startServer();
    const [idle, silent, halfway] = [new RawConnection(port), new RawConnection(port), new RawConnection(port)];
    idle.write("GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n");
    halfway.write("POST /run HTT");
    await until(() => idle.received.includes('{"status":"ok"}'));
    await server.close({ graceMs: 60_000 });
    await Promise.all([idle.ended, silent.ended, halfway.ended]);
  });

  it("cuts what has not ended within the grace", async () => {
    const { executor, started } = held();
    const { server, port, requests } = await startServer({ executor });
    const client = new RawConnection(port);
    client.write(postHead("/run", hello.length) + hello);
    await until(() => started() === 1);
    await server.close({ graceMs: 20 });
    await client.ended;
    assert.equal(client.received, "");
    await until(() => requests.length === 1);
    assert.equal(requests[0]?.code, "CANCELLED");
  });

  it("can be asked for twice, and without having listened", async () => {
    const { server } = await startServer();
    await Promise.all([server.close({ graceMs: 0 }), server.close({ graceMs: 0 })]);
    await aListener().close({ graceMs: 60_000 });
    await createMetricsServer({ metrics: new PrometheusMetrics(), logger: silentLogger }).close({ graceMs: 60_000 });
  });

  it("requests of one connection that came together are all answered", () =>
    withServer({}, async ({ port }) => {
      const client = new RawConnection(port);
      client.write(`${postHead("/run", hello.length)}${hello}`.repeat(3));
      await until(() => client.received.split("HTTP/1.1 200").length === 4);
      client.close();
    }));
});
