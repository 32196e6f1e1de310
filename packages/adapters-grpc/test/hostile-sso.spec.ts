/** An SSO service in every wrong mode: a real HTTP/2 server that sends what a test says, whether gRPC allows it or not. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Http2Session, type OutgoingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { RunnerError } from "@gorunner/core";
import { checkerAt } from "./support/sso.js";

const yes = Buffer.from([0, 0, 0, 0, 2, 8, 1]);
const no = Buffer.from([0, 0, 0, 0, 0]);
const grpc = { ":status": 200, "content-type": "application/grpc" };

/** What is sent; `trailers: undefined` ends the stream with its data, `body: undefined` with its headers. */
interface Mode {
  headers?: OutgoingHttpHeaders;
  body?: Buffer;
  trailers?: OutgoingHttpHeaders;
}

const answers =
  ({ headers = grpc, body, trailers }: Mode) =>
  (stream: ServerHttp2Stream) => {
    if (body === undefined && trailers === undefined) return stream.respond(headers, { endStream: true });
    stream.respond(headers, { waitForTrailers: trailers !== undefined });
    if (trailers !== undefined) stream.once("wantTrailers", () => stream.sendTrailers(trailers));
    stream.end(body);
  };

type Serve = (stream: ServerHttp2Stream, session: Http2Session | undefined) => void;

const ok = { "grpc-status": "0" };

/** Each would be a yes if only it was told as gRPC tells it. */
const wrong: [mode: string, serve: Serve][] = [
  ...[301, 400, 401, 403, 404, 429, 500, 502, 503].map((httpStatus): [string, Serve] => [
    `HTTP ${httpStatus} with grpc-status 0 and a yes`,
    answers({ headers: { ...grpc, ":status": httpStatus }, body: yes, trailers: ok }),
  ]),
  ["HTTP 204 with grpc-status 0", answers({ headers: { ...grpc, ":status": 204, ...ok } })],
  ["an empty grpc-status", answers({ body: yes, trailers: { "grpc-status": "" } })],
  ["a grpc-status of a space", answers({ body: yes, trailers: { "grpc-status": " " } })],
  ["no grpc-status", answers({ body: yes, trailers: { "grpc-message": "fine" } })],
  ["no trailers", answers({ body: yes })],
  ["grpc-status twice", answers({ body: yes, trailers: { "grpc-status": ["0", "0"] } })],
  ...["00", "+0", "-0", "0x0", "0.0", "0e0", "OK", "0, 0", "0 0", "null", "NaN", "٠", "4294967296", "-1", "17", "99"].map(
    (value): [string, Serve] => [
      `a grpc-status of ${value}`,
      answers({ body: yes, trailers: { "grpc-status": Buffer.from(value).toString("latin1") } }),
    ],
  ),
  ["grpc-status before the message, and none after it", answers({ headers: { ...grpc, ...ok }, body: yes })],
  ["grpc-status before the message and after it", answers({ headers: { ...grpc, ...ok }, body: yes, trailers: ok })],
  ["headers alone, with grpc-status 0", answers({ headers: { ...grpc, ...ok } })],
  ["headers alone, with nothing", answers({})],
  ["a content type of HTML", answers({ headers: { ...grpc, "content-type": "text/html" }, body: yes, trailers: ok })],
  ["a content type of JSON in gRPC", answers({ headers: { ...grpc, "content-type": "application/grpc+json" }, body: yes, trailers: ok })],
  ["a content type of gRPC-Web", answers({ headers: { ...grpc, "content-type": "application/grpc-web" }, body: yes, trailers: ok })],
  ["no content type", answers({ headers: { ":status": 200 }, body: yes, trailers: ok })],
  ["no message", answers({ body: Buffer.alloc(0), trailers: ok })],
  ["half a message", answers({ body: yes.subarray(0, 6), trailers: ok })],
  ["two messages, both yes", answers({ body: Buffer.concat([yes, yes]), trailers: ok })],
  ["a yes with a byte too many", answers({ body: Buffer.concat([yes, Buffer.from([0])]), trailers: ok })],
  ["a compressed message", answers({ body: Buffer.from([1, ...yes.subarray(1)]), trailers: ok })],
  ["a frame of 4 GiB", answers({ body: Buffer.from([0, 255, 255, 255, 255, 8, 1]), trailers: ok })],
  ["a message that is no protobuf", answers({ body: Buffer.from([0, 0, 0, 0, 2, 8, 255]), trailers: ok })],
  ["a message of 1 MiB", answers({ body: Buffer.alloc(1 << 20), trailers: ok })],
  ["a status of its own kind with a yes", answers({ body: yes, trailers: { "grpc-status": "7" } })],
  ["a header of 100 KB", answers({ headers: { ...grpc, words: "w".repeat(100_000) }, body: yes, trailers: ok })],
  [
    "a yes, and then a reset",
    (stream) => {
      stream.respond(grpc);
      stream.write(yes, () => stream.close(2));
    },
  ],
  ["a reset at once", (stream) => stream.close(7)],
  ["a GOAWAY and the end of the connection", (_stream, session) => session?.goaway(11)],
  ["the end of the connection", (_stream, session) => session?.destroy()],
  [
    "a yes without an end",
    (stream) => {
      stream.respond(grpc, { waitForTrailers: true });
      stream.write(yes);
    },
  ],
  ["nothing", () => {}],
];

/** Asks whether user 1 is an admin, once. */
async function askAt(serve: Serve, times = 1) {
  const server = createServer({ maxSendHeaderBlockLength: 1 << 20 });
  const sessions = new Set<ServerHttp2Session>();
  server.on("session", (session) => void sessions.add(session.on("error", () => {})));
  server.on("stream", (stream) => {
    stream.on("error", () => {});
    serve(stream, stream.session);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { checker, logger, metrics } = checkerAt((server.address() as AddressInfo).port, { attempts: 1, timeoutMs: 1000 });
  try {
    const outcomes = [];
    for (let time = 0; time < times; time++) outcomes.push(await checker.isAdmin(1n).catch((failure: unknown) => failure));
    return { outcomes, lines: logger.lines, sso: metrics.sso };
  } finally {
    checker.close();
    for (const session of sessions) session.destroy();
    server.close();
  }
}

describe("an SSO service in a wrong mode is UNAVAILABLE, never a yes", () => {
  for (const [mode, serve] of wrong) {
    it(`${mode}`, async () => {
      const { outcomes, lines, sso } = await askAt(serve);
      const [failure] = outcomes;
      assert.ok(failure instanceof RunnerError, String(failure));
      assert.deepEqual([failure.code, failure.cause], ["UNAVAILABLE", undefined]);
      assert.deepEqual(sso, ["error"]);
      assert.equal(lines.length, 1);
      assert.ok(JSON.stringify(lines[0]).length < 400, JSON.stringify(lines[0]));
    });
  }

  it("what it says is short and printable in the log", async () => {
    const { lines } = await askAt(answers({ headers: { ...grpc, "grpc-status": "13", "grpc-message": `%0A%1b[31m${"x".repeat(5000)}` } }));
    assert.match(String(lines[0]?.fields["reason"]), /^INTERNAL: \?\?\[31mx+$/);
    assert.ok(JSON.stringify(lines[0]).length < 400);
  });
});

describe("an SSO service that answers as gRPC does", () => {
  it("a yes, over one connection each time", async () => {
    const sessions = new Set<Http2Session | undefined>();
    const serve: Serve = (stream, session) => {
      sessions.add(session);
      answers({ body: yes, trailers: ok })(stream);
    };
    assert.deepEqual((await askAt(serve, 5)).outcomes, [true, true, true, true, true]);
    assert.equal(sessions.size, 1);
  });

  it("a no", async () => assert.deepEqual((await askAt(answers({ body: no, trailers: ok }))).outcomes, [false]));

  it("a content type with a parameter, and one that names protobuf", async () => {
    for (const type of ["application/grpc+proto", "application/grpc; charset=utf-8"]) {
      const { outcomes } = await askAt(answers({ headers: { ...grpc, "content-type": type }, body: yes, trailers: ok }));
      assert.deepEqual(outcomes, [true]);
    }
  });

  it("NOT_FOUND in trailers, and in headers alone, is a no", async () => {
    for (const mode of [{ body: Buffer.alloc(0), trailers: { "grpc-status": "5" } }, { headers: { ...grpc, "grpc-status": "5" } }]) {
      assert.deepEqual((await askAt(answers(mode))).outcomes, [false]);
    }
  });

  it("NOT_FOUND under another HTTP status than 200 is none", async () => {
    const { outcomes } = await askAt(answers({ headers: { ...grpc, ":status": 404, "grpc-status": "5" } }));
    assert.ok(outcomes[0] instanceof RunnerError);
  });

  it("after a wrong mode it is believed again", async () => {
    let asked = 0;
    const serve: Serve = (stream, session) => {
      asked++;
      if (asked === 1) session?.destroy();
      else if (asked === 2) session?.goaway(0);
      else if (asked > 3) answers({ body: yes, trailers: ok })(stream);
    };
    const { outcomes } = await askAt(serve, 5);
    assert.deepEqual(outcomes.slice(3), [true, true]);
    for (const failure of outcomes.slice(0, 3)) assert.ok(failure instanceof RunnerError);
  });
});
