/** Calls that are small as they come, and unfold to what takes long to read. */
import assert from "node:assert/strict";
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from "node:http2";
import { gzipSync } from "node:zlib";
import { status } from "@grpc/grpc-js";
import type { ServiceAttack } from "../service.js";
import { staysFree } from "./event-loop.js";

const kib = 1024;
/** As many as one connection may have open. */
const callsAtOnce = 100;

/** Protobuf that a message of the service has no field for; each is two bytes. */
const fields: Record<string, Buffer> = {
  numbers: Buffer.from([0x10, 1]),
  texts: Buffer.from([0x12, 0]),
  groups: Buffer.from([0x13, 0x14]),
};
/** The largest that is read, the largest that is unpacked, and one that once was. */
const sizes = [65 * kib, 128 * kib - 2, 1024 * kib];

export const compressedCalls: ServiceAttack[] = [
  {
    name: "100 compressed calls at once that unpack to unknown fields, over gRPC",
    line: "one text silences the server",
    expected: "each is refused before it is read; a neighbour waits for less than a second",
    perform: ({ server }) =>
      staysFree(server, async () => {
        for (const field of Object.values(fields)) for (const size of sizes) await callAtOnce(server.grpc, Buffer.alloc(size, field));
      }),
  },
];

async function callAtOnce(address: string, message: Buffer): Promise<void> {
  const compressed = gzipSync(message);
  const head = Buffer.alloc(5);
  head.writeUInt8(1);
  head.writeUInt32BE(compressed.length, 1);
  const session = connect(`http://${address}`);
  try {
    const body = Buffer.concat([head, compressed]);
    const told = await Promise.all(Array.from({ length: callsAtOnce }, () => statusOf(session, body)));
    for (const code of told) assert.ok([status.INVALID_ARGUMENT, status.RESOURCE_EXHAUSTED].includes(code), `status ${code}`);
  } finally {
    session.on("error", () => {}).destroy();
  }
}

function statusOf(session: ClientHttp2Session, body: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const call = session.request({
      ":method": "POST",
      ":path": "/runner.Runner/RunCode",
      "content-type": "application/grpc",
      "grpc-encoding": "gzip",
      te: "trailers",
    });
    const take = (headers: IncomingHttpHeaders) => headers["grpc-status"] !== undefined && resolve(Number(headers["grpc-status"]));
    call.on("response", take).on("trailers", take).on("error", reject).resume();
    call.end(body);
  });
}
