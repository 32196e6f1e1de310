import assert from "node:assert/strict";
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import { CodeRequest } from "../src/gen/runner/runner.js";
import { AnswerPace } from "../src/server/answer-pace.js";
import { AnswerQueue, type WaitingAnswer } from "../src/server/answer-queue.js";
import { anExecution, executorOf } from "./support/ports.js";
import { callsOf, eventually, withService } from "./support/service.js";

const code = "package main\n\nfunc main() {}\n";
/** Fewer characters than bytes: of the latter, only one answer has room. */
const text = "é".repeat(600_000);
const textBytes = Buffer.byteLength(text);
const limits = { maxBufferBytes: 4 * 1024 * 1024 };

/** A client that lets no byte of an answer come until it opens its windows. */
async function reluctant(address: string): Promise<ClientHttp2Session> {
  const session = connect(`http://${address}`, { settings: { initialWindowSize: 0 } }).on("error", () => {});
  await new Promise<void>((resolve) => session.once("remoteSettings", () => resolve()));
  session.setLocalWindowSize(16 * 1024 * 1024);
  return session;
}

/** Asks to run, and takes nothing until the stream is resumed. */
function ask(session: ClientHttp2Session) {
  const stream = session
    .request({ ":method": "POST", ":path": "/runner.Runner/RunCode", "content-type": "application/grpc", te: "trailers" })
    .on("error", () => {});
  const message = CodeRequest.encode({ code }).finish();
  stream.end(Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message]));
  const asked = { stream, isAnswered: false, refused: undefined as string | undefined };
  stream.on("response", (headers) => {
    asked.isAnswered = true;
    asked.refused = headers["grpc-status"]?.toString();
  });
  return asked;
}

async function bytesOf(stream: ClientHttp2Stream): Promise<number> {
  let bytes = 0;
  stream.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
  });
  await new Promise<void>((resolve) => stream.once("close", () => resolve()));
  return bytes;
}

const openWindows = (session: ClientHttp2Session) => session.settings({ initialWindowSize: 8 * 1024 * 1024 });

describe("an answer for which there is no room", () => {
  it("waits until its client has taken the one before it", async () => {
    let served = 0;
    const executor = executorOf(() => {
      served++;
      return anExecution({ stdout: new TextEncoder().encode(text) });
    });
    await withService({ executor, limits }, async ({ address }) => {
      const session = await reluctant(address);
      const first = ask(session);
      await eventually(() => first.isAnswered);
      const second = ask(session);
      await eventually(() => served === 2);
      await new Promise((resolve) => setTimeout(resolve, 100));
      assert.equal(second.isAnswered, false);
      openWindows(session);
      for (const bytes of await Promise.all([bytesOf(first.stream), bytesOf(second.stream)])) assert.ok(bytes > textBytes);
      assert.deepEqual([first.refused, second.refused], [undefined, undefined]);
      session.destroy();
    });
  });

  it("does not end one that another client of the same address is taking", () => {
    const executor = executorOf(() => anExecution({ stdout: new TextEncoder().encode(text) }));
    return withService({ executor, limits: { ...limits, receiveTimeoutMs: 500 } }, async ({ address, client }) => {
      const session = await reluctant(address);
      const slow = ask(session);
      await eventually(() => slow.isAnswered);
      let windowBytes = 0;
      const taking = setInterval(() => {
        windowBytes += 10_000;
        session.settings({ initialWindowSize: windowBytes });
      }, 20);
      // Two looks at it.
      await new Promise((resolve) => setTimeout(resolve, 1200));
      const other = callsOf(client).runCode({ code });
      await new Promise((resolve) => setTimeout(resolve, 200));
      clearInterval(taking);
      assert.ok(windowBytes < textBytes, "it was taken too soon");
      openWindows(session);
      assert.ok((await bytesOf(slow.stream)) > textBytes);
      assert.equal((await other).output, text);
      session.destroy();
    });
  });
});

describe("AnswerQueue", () => {
  const waiting = (given: Partial<WaitingAnswer> = {}): WaitingAnswer => ({
    ...{ peer: "10.0.0.1", bytes: 1000, signal: new AbortController().signal },
    ...{ keep: () => undefined, isStalled: () => false },
    ...given,
  });

  it("gives an answer its room when there is some", async () => {
    const queue = new AnswerQueue({ maxBytes: 1 << 20, timeoutMs: 60_000 });
    let room: (() => void) | undefined;
    const kept = queue.wait(waiting({ keep: () => room }));
    room = () => {};
    queue.lookSoon();
    assert.equal(await kept, room);
  });

  it("gives up after its time, when the call ends, and when the client does not read", async () => {
    const queue = new AnswerQueue({ maxBytes: 1 << 20, timeoutMs: 20 });
    assert.equal(await queue.wait(waiting()), undefined);
    const patient = new AnswerQueue({ maxBytes: 1 << 20, timeoutMs: 60_000 });
    const call = new AbortController();
    const ended = patient.wait(waiting({ signal: call.signal }));
    call.abort();
    assert.equal(await ended, undefined);
    let isStalled = false;
    const stalled = patient.wait(waiting({ isStalled: () => isStalled }));
    isStalled = true;
    patient.lookSoon();
    assert.equal(await stalled, undefined);
  });

  it("holds so much in all, and half of it for one address", async () => {
    const queue = new AnswerQueue({ maxBytes: 1 << 20, timeoutMs: 60_000 });
    const call = new AbortController();
    const half = { bytes: 1 << 19, signal: call.signal };
    const first = queue.wait(waiting(half));
    assert.equal(await queue.wait(waiting()), undefined);
    const second = queue.wait(waiting({ ...half, peer: "10.0.0.2" }));
    assert.equal(await queue.wait(waiting({ peer: "10.0.0.3" })), undefined);
    call.abort();
    await Promise.all([first, second]);
  });
});

describe("AnswerPace", () => {
  const paceOf = (...looks: [untakenBytes: number, sentBytes: number][]) => {
    const pace = new AnswerPace();
    for (const [second, [untakenBytes, sentBytes]] of looks.entries()) pace.look({ atMs: second * 1000, untakenBytes, sentBytes });
    return pace.current;
  };

  it("is unknown without an answer to take", () => {
    assert.equal(paceOf(), "unknown");
    assert.equal(paceOf([0, 0], [1000, 0]), "unknown");
  });

  it("is that of a client that takes a tenth of what waits in a second, or is not", () => {
    assert.equal(paceOf([1000, 0], [1000, 100]), "taking");
    assert.equal(paceOf([1000, 0], [1000, 99]), "stalled");
    assert.equal(paceOf([1000, 0], [0, 0]), "taking");
  });
});
