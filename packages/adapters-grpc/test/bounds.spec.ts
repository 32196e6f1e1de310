import assert from "node:assert/strict";
import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants, type IncomingHttpHeaders } from "node:http2";
import { connect as connectTcp, type Socket } from "node:net";
import { credentials, status } from "@grpc/grpc-js";
import { CodeRequest, RunnerClient } from "../src/gen/runner/runner.js";
import { anExecution, HangingExecutor } from "./support/ports.js";
import { callsOf, eventually, withService } from "./support/service.js";

const code = "package main\n\nfunc main() {}\n";

function openSession(address: string): ClientHttp2Session {
  return connect(`http://${address}`).on("error", () => {});
}

function openCall(session: ClientHttp2Session, headers: Record<string, string> = {}, path = "/runner.Runner/RunCode"): ClientHttp2Stream {
  return session
    .request({ ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers", ...headers })
    .on("error", () => {})
    .resume();
}

/** Resolves when a call is over, well or not. */
const closed = (call: ClientHttp2Stream) => new Promise<void>((resolve) => call.once("close", resolve));

/** The status of a call that is answered by its headers alone. */
async function statusOf(call: ClientHttp2Stream): Promise<string | undefined> {
  const headers = await new Promise<IncomingHttpHeaders>((resolve) => call.once("response", resolve));
  return headers["grpc-status"] === undefined ? undefined : status[Number(headers["grpc-status"])];
}

/** Why the server has closed a session: GOAWAY's code. */
async function goawayOf(session: ClientHttp2Session): Promise<number> {
  const [code] = (await once(session, "goaway")) as [number];
  return code;
}

function openSocket(port: number, send: string | Uint8Array = ""): { socket: Socket; closed: Promise<string> } {
  const socket = connectTcp(port, "127.0.0.1").on("error", () => {});
  let received = "";
  socket.on("data", (data) => {
    received += data.toString("latin1");
  });
  if (send.length > 0) socket.write(send);
  return { socket, closed: once(socket, "close").then(() => received) };
}

/** A message's head, which promises `bytes`, and as much of it as is given. */
function partOfMessage(bytes: number, part: number): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(bytes, 1);
  return Buffer.concat([head, Buffer.alloc(part)]);
}

describe("the bounds of gRPC", () => {
  it("a call that sends its headers only ends with DEADLINE_EXCEEDED, and is closed", () =>
    withService({ limits: { receiveTimeoutMs: 200 } }, async ({ address, client }) => {
      const session = openSession(address);
      const call = openCall(session);
      assert.equal(await statusOf(call), "DEADLINE_EXCEEDED");
      await eventually(() => call.destroyed);
      assert.ok(!session.destroyed);
      assert.equal((await callsOf(client).runCode({ code })).output, "Hello RunCode!\n");
      session.destroy();
    }));

  it("so does one that sends half a message, and one that does not end its request", () =>
    withService({ limits: { receiveTimeoutMs: 200 } }, async ({ address }) => {
      const session = openSession(address);
      for (const part of [partOfMessage(1000, 999), partOfMessage(0, 0)]) {
        const call = openCall(session);
        call.write(part);
        assert.equal(await statusOf(call), "DEADLINE_EXCEEDED");
      }
      session.destroy();
    }));

  it("a call that is served takes as long as it takes", async () => {
    const executor = new HangingExecutor();
    await withService({ executor, limits: { receiveTimeoutMs: 50, answerTimeoutMs: 50 } }, async ({ client }) => {
      const answer = callsOf(client).runCode({ code });
      await executor.started;
      await new Promise((resolve) => setTimeout(resolve, 500));
      executor.release();
      assert.equal((await answer).output, "Hello RunCode!\n");
    });
  });

  it("calls that send their headers only are refused when memory is used up, while another client is served", () =>
    withService({ limits: { maxBufferBytes: 8 * 1024 * 1024 } }, async ({ address, client }) => {
      const sessions = Array.from({ length: 12 }, () => openSession(address));
      const refused: (string | undefined)[] = [];
      for (const session of sessions) {
        for (let index = 0; index < 100; index++) void statusOf(openCall(session)).then((code) => refused.push(code));
      }
      await eventually(() => refused.length > 300);
      assert.deepEqual(new Set(refused), new Set(["RESOURCE_EXHAUSTED"]));
      const answer = callsOf(client).runCode({ code });
      assert.equal((await answer).output, "Hello RunCode!\n");
      for (const session of sessions) session.destroy();
    }));

  it("a message in pieces of a byte is counted as what it holds, not as what it says", () =>
    withService({ limits: { maxBufferBytes: 8 * 1024 * 1024 } }, async ({ address }) => {
      const session = openSession(address);
      const call = openCall(session);
      const answer = statusOf(call);
      call.write(partOfMessage(1000, 0));
      // Each byte comes with as much besides it as is read at once.
      for (let index = 0; index < 900 && !call.destroyed; index++) {
        call.write(Buffer.alloc(1));
        await new Promise(setImmediate);
        const waste = openCall(session, {}, "/nobody.Nobody/Nothing");
        waste.end(Buffer.alloc(60_000));
        await closed(waste);
      }
      session.destroy();
      assert.equal(await Promise.race([answer, Promise.resolve("never")]), "RESOURCE_EXHAUSTED");
    }));

  it("headers above the limit are refused, just below it they are not", () =>
    withService({ limits: { maxHeaderBytes: 4096 } }, async ({ address }) => {
      const session = openSession(address);
      await once(session, "remoteSettings");
      const small = openCall(session, { "x-pad": "x".repeat(3500) });
      small.end(framed(CodeRequest.encode({ code }).finish()));
      assert.equal(await statusOf(small), undefined);
      const large = openCall(session, { "x-pad": "x".repeat(5000) });
      const ended = Promise.race([statusOf(large), closed(large).then(() => large.rstCode)]);
      assert.ok(["RESOURCE_EXHAUSTED", constants.NGHTTP2_ENHANCE_YOUR_CALM].includes((await ended) ?? ""));
      session.destroy();
    }));

  it("of streams a connection has so many, and a client's further calls wait for their turn", () =>
    withService({ limits: { maxStreams: 4 } }, async ({ client }) => {
      const answers = await Promise.all(Array.from({ length: 100 }, () => callsOf(client).runCode({ code })));
      assert.ok(answers.every(({ output }) => output === "Hello RunCode!\n"));
    }));

  it("a thousand calls at once on one connection are all answered", () =>
    withService({}, async ({ client }) => {
      const large = `${code}// ${"x".repeat(10 * 1024)}\n`;
      const answers = await Promise.all(Array.from({ length: 1000 }, () => callsOf(client).runCode({ code: large })));
      assert.ok(answers.every(({ output }) => output === "Hello RunCode!\n"));
    }));

  it("pings that come too often end the connection with ENHANCE_YOUR_CALM", () =>
    withService({}, async ({ address }) => {
      const session = openSession(address);
      await once(session, "remoteSettings");
      const goaway = goawayOf(session);
      for (let index = 0; index < 9; index++) await pinged(session);
      for (let index = 0; index < 9; index++) session.ping(() => {});
      assert.equal(await goaway, constants.NGHTTP2_ENHANCE_YOUR_CALM);
    }));

  it("a ping for each answer is free", () =>
    withService({}, async ({ address }) => {
      const session = openSession(address);
      for (let index = 0; index < 50; index++) {
        const call = openCall(session);
        call.end(framed(CodeRequest.encode({ code }).finish()));
        call.resume();
        await closed(call);
        await pinged(session);
      }
      session.destroy();
    }));

  describe("connections", () => {
    it("that say nothing, or half of HTTP/2's preface, are closed", () =>
      withService({ limits: { receiveTimeoutMs: 200 } }, async ({ port }) => {
        assert.equal(await openSocket(port).closed, "");
        assert.equal(await openSocket(port, "PRI * HTTP/2.0\r\n").closed, "");
      }));

    it("that speak HTTP/1 or TLS are told so, or closed", () =>
      withService({}, async ({ port }) => {
        assert.match(await openSocket(port, "GET / HTTP/1.1\r\nHost: x\r\n\r\n").closed, /^HTTP\/1.1 400 .*speaks gRPC/s);
        assert.equal(await openSocket(port, Buffer.from([0x16, 3, 1, 2, 0, 1, 0])).closed, "");
      }));

    it("without a call are closed after the idle time, in peace", () =>
      withService({ limits: { idleTimeoutMs: 200 } }, async ({ address }) => {
        const session = openSession(address);
        assert.equal(await goawayOf(session), constants.NGHTTP2_NO_ERROR);
        await eventually(() => session.destroyed);
      }));

    it("that are idle give way to new ones, those that are served do not", async () => {
      const executor = new HangingExecutor();
      await withService({ executor, limits: { maxConnectionsPerPeer: 2 } }, async ({ address, port, client, logger }) => {
        const answer = callsOf(client).runCode({ code });
        await executor.started;
        const idle = openSocket(port);
        await once(idle.socket, "connect");
        const served = openSession(address);
        const call = openCall(served);
        call.end(framed(CodeRequest.encode({ code }).finish()));
        await idle.closed;
        await eventually(() => logger.lines.some(({ message, fields }) => message.startsWith("refused") && fields["transport"] === "grpc"));
        await new Promise((resolve) => setTimeout(resolve, 100));
        // Both are served now, so a third is one too many.
        const third = openSession(address);
        assert.equal(await goawayOf(third), constants.NGHTTP2_ENHANCE_YOUR_CALM);
        executor.release();
        assert.equal((await answer).output, "Hello RunCode!\n");
        served.destroy();
      });
    });

    it("above the bound are RESOURCE_EXHAUSTED to a gRPC client, which comes in once there is room", async () => {
      const executor = new HangingExecutor();
      await withService({ executor, limits: { maxConnections: 1 } }, async ({ address, client }) => {
        const answer = callsOf(client).runCode({ code });
        await executor.started;
        const other = new RunnerClient(address, credentials.createInsecure(), {
          "grpc.use_local_subchannel_pool": 1,
          "grpc.enable_http_proxy": 0,
        });
        await assert.rejects(callsOf(other).runCode({ code }), { code: status.RESOURCE_EXHAUSTED });
        executor.release();
        await answer;
        client.close();
        const answers = async () => (await callsOf(other).runCode({ code })).output === "Hello RunCode!\n";
        for (let attempt = 0; attempt < 1000 && !(await answers().catch(() => false)); attempt++) await new Promise(setImmediate);
        assert.ok(await answers());
        other.close();
      });
    });
  });

  it("an answer that is not taken is cut after its time", () =>
    withService(
      { executor: { execute: async () => anExecution({ stdout: new Uint8Array(100_000).fill(120) }) }, limits: { answerTimeoutMs: 200 } },
      async ({ address }) => {
        const session = connect(`http://${address}`, { settings: { initialWindowSize: 0 } }).on("error", () => {});
        const call = openCall(session);
        call.end(framed(CodeRequest.encode({ code }).finish()));
        await closed(call);
        assert.equal(call.rstCode, constants.NGHTTP2_ENHANCE_YOUR_CALM);
        session.destroy();
      },
    ));

  it("reflection that asks without reading is ended", () =>
    withService({}, async ({ address, client }) => {
      const session = connect(`http://${address}`, { settings: { initialWindowSize: 0 } }).on("error", () => {});
      const call = openCall(session, {}, "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo");
      const ask = framed(Buffer.concat([Buffer.from([0x22, 13]), Buffer.from("runner.Runner")]));
      const asking = setInterval(() => call.destroyed || call.write(Buffer.concat(Array.from({ length: 50 }, () => ask))), 5);
      await closed(call);
      clearInterval(asking);
      assert.equal((await callsOf(client).runCode({ code })).output, "Hello RunCode!\n");
      session.destroy();
    }));
});

function framed(message: Uint8Array): Buffer {
  return Buffer.concat([partOfMessage(message.length, 0), message]);
}

const pinged = (session: ClientHttp2Session) =>
  new Promise<void>((resolve, reject) => session.ping((failure) => (failure === null ? resolve() : reject(failure))));
