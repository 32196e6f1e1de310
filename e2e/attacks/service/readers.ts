/** Callers that take no answer, and bodies that unfold. */
import assert from "node:assert/strict";
import { connect as connectHttp2, type IncomingHttpHeaders } from "node:http2";
import { connect, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { status } from "@grpc/grpc-js";
import { clientsOf, restClient } from "../../support/clients.js";
import { eventually } from "../../support/host.js";
import { hello } from "../../support/programs.js";
import type { ServiceAttack } from "../service.js";
import { post, residentMib } from "./stage.js";

const mib = 1024 * 1024;
const printsMuch =
  'package main\n\nimport (\n\t"os"\n\t"strings"\n)\n\nfunc main() { os.Stdout.WriteString(strings.Repeat("x", 1<<20-1)) }\n';

/** Asks and asks, and takes nothing. */
function askWithoutReading(url: string, path: string): { socket: Socket; asked: () => number } {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.pause();
  socket.on("error", () => {});
  let count = 0;
  const ask = () => {
    while (count < 2000 && !socket.destroyed) {
      count++;
      if (!socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`)) return void socket.once("drain", ask);
    }
  };
  socket.once("connect", ask);
  return { socket, asked: () => count };
}

export const readers: ServiceAttack[] = [
  {
    name: "2,000 answers of 1 MiB that nobody takes, over REST",
    line: "slow reader",
    expected: "the server makes one of them, and serves others",
    perform: async ({ server }) => {
      const client = restClient(server.rest);
      const id = await client.shareCode(printsMuch);
      const before = residentMib(server.pid);
      const { socket } = askWithoutReading(server.rest, `/shared/${id}`);
      const closed = new Promise((resolve) => socket.once("close", resolve));
      await new Promise((resolve) => setTimeout(resolve, 1500));
      assert.equal((await client.runCode(hello)).output, "Hello RunCode!\n");
      const grown = residentMib(server.pid) - before;
      socket.destroy();
      await closed;
      assert.ok(grown < 128, `${grown} MiB more memory`);
    },
  },
  {
    name: "400 answers of 1 MiB that nobody takes, over gRPC",
    line: "slow reader",
    expected: "RESOURCE_EXHAUSTED after a few dozen; others are served",
    perform: async ({ server }) => {
      const [grpc, rest] = clientsOf(server);
      const id = await grpc?.shareCode(printsMuch);
      const before = residentMib(server.pid);
      const refused = await callWithoutReading(server.grpc, id ?? 0n, 400);
      assert.equal((await rest?.runCode(hello))?.output, "Hello RunCode!\n");
      grpc?.close();
      assert.ok(refused > 300, `${refused} of 400 were refused`);
      const grown = residentMib(server.pid) - before;
      assert.ok(grown < 256, `${grown} MiB more memory`);
    },
  },
  {
    name: "a body that unfolds to 512 MiB, over REST",
    line: "compressed bombs",
    expected: "413, before it is unfolded",
    perform: async ({ server }) => {
      const bomb = gzipSync(Buffer.alloc(512 * mib));
      const before = residentMib(server.pid);
      for (const encoding of ["gzip", "x-gzip"]) {
        const { status: answered } = await post({ url: `${server.rest}/run`, body: bomb, headers: { "content-encoding": encoding } });
        assert.equal(answered, 413);
      }
      assert.ok(residentMib(server.pid) - before < 128, `${residentMib(server.pid) - before} MiB more memory`);
    },
  },
  {
    name: "a message that unfolds to 100 MiB, over gRPC",
    line: "compressed bombs",
    expected: "RESOURCE_EXHAUSTED, before it is unfolded",
    perform: async ({ server }) => {
      // As it comes it is smaller than a message may be.
      const bomb = gzipSync(Buffer.alloc(100 * mib));
      const before = residentMib(server.pid);
      assert.equal(await callWith(server.grpc, bomb), status.RESOURCE_EXHAUSTED);
      await eventually(() => assert.ok(residentMib(server.pid) - before < 128, `${residentMib(server.pid) - before} MiB more memory`));
    },
  },
];

/** Calls GetCodeByID over and over with a window of nothing: no byte of an answer may be sent. @returns how many were refused. */
async function callWithoutReading(address: string, id: bigint, times: number): Promise<number> {
  const session = connectHttp2(`http://${address}`, { settings: { initialWindowSize: 0 } });
  const request = Buffer.from([0, 0, 0, 0, 2, 8, Number(id)]);
  let refused = 0;
  const ends: Promise<void>[] = [];
  for (let index = 0; index < times; index++) {
    const call = session.request({
      ":method": "POST",
      ":path": "/runner.Runner/GetCodeByID",
      "content-type": "application/grpc",
      te: "trailers",
    });
    ends.push(
      new Promise((resolve, reject) => {
        call.on("error", reject).on("response", (headers) => {
          if (Number(headers["grpc-status"] ?? 0) === status.RESOURCE_EXHAUSTED) refused++;
          resolve();
        });
      }),
    );
    call.end(request);
    // In turn, so that the server knows of the last before it is asked for the next.
    if (index % 10 === 9) await Promise.all(ends);
  }
  await Promise.all(ends);
  session.on("error", () => {}).destroy();
  return refused;
}

/** Sends a message in the compression that it has already. @returns the call's gRPC status. */
function callWith(address: string, compressed: Buffer): Promise<number> {
  const session = connectHttp2(`http://${address}`);
  const head = Buffer.alloc(5);
  // Compressed; see gRPC's PROTOCOL-HTTP2.md.
  head.writeUInt8(1, 0);
  head.writeUInt32BE(compressed.length, 1);
  return new Promise<number>((resolve, reject) => {
    session.on("error", reject);
    const call = session.request({
      ":method": "POST",
      ":path": "/runner.Runner/RunCode",
      "content-type": "application/grpc",
      "grpc-encoding": "gzip",
      te: "trailers",
    });
    const take = (headers: IncomingHttpHeaders) => headers["grpc-status"] !== undefined && resolve(Number(headers["grpc-status"]));
    call.on("response", take).on("trailers", take).on("error", reject).resume();
    call.end(Buffer.concat([head, compressed]));
  }).finally(() => session.destroy());
}
