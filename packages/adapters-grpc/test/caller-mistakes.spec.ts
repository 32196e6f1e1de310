import assert from "node:assert/strict";
import { connect, type IncomingHttpHeaders } from "node:http2";
import { status } from "@grpc/grpc-js";
import { withService } from "./support/service.js";

const runCode = "/runner.Runner/RunCode";
const reflection = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";

/** A message with gRPC's head. */
function framed(bytes: Uint8Array, { isCompressed }: { isCompressed: boolean }): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(isCompressed ? 1 : 0);
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

/** The status with which a call ends, in its headers or its trailers. */
async function statusOf(address: string, { path, headers, body }: { path: string; headers?: Record<string, string>; body: Buffer }) {
  const session = connect(`http://${address}`);
  try {
    const call = session.request({ ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers", ...headers });
    call.end(body);
    const code = await new Promise<unknown>((resolve, reject) => {
      const take = (told: IncomingHttpHeaders) => told["grpc-status"] !== undefined && resolve(told["grpc-status"]);
      call.on("response", take).on("trailers", take).on("error", reject).resume();
    });
    return status[Number(code)];
  } finally {
    session.destroy();
  }
}

describe("A caller's mistake that grpc-js finds", () => {
  const garbage = Buffer.from([0xff, 0xff, 0xff]);
  const plain = framed(garbage, { isCompressed: false });
  const compressed = framed(garbage, { isCompressed: true });
  const cases: Record<string, { path: string; headers?: Record<string, string>; body: Buffer }> = {
    "no protobuf, to runner.Runner": { path: runCode, body: plain },
    "no protobuf, to health": { path: "/grpc.health.v1.Health/Check", body: plain },
    "no protobuf, to reflection": { path: reflection, body: plain },
    "no gzip": { path: runCode, headers: { "grpc-encoding": "gzip" }, body: compressed },
    "no deflate": { path: runCode, headers: { "grpc-encoding": "deflate" }, body: compressed },
  };
  for (const timeout of ["", "5", "S", "1.5S", "-1S", "123456789S", "5x", "5S5S"]) {
    cases[`a grpc-timeout of ${JSON.stringify(timeout)}`] = { path: runCode, headers: { "grpc-timeout": timeout }, body: plain };
  }
  for (const [what, call] of Object.entries(cases)) {
    it(`is INVALID_ARGUMENT, not our fault: ${what}`, () =>
      withService({}, async ({ address }) => assert.equal(await statusOf(address, call), "INVALID_ARGUMENT")));
  }
});
