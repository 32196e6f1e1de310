import assert from "node:assert/strict";
import { connect } from "node:http2";
import { gzipSync } from "node:zlib";
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { maxCodeBytes } from "@gorunner/core";
import { status } from "@grpc/grpc-js";
import { CodeRequest, IdRequest } from "../src/gen/runner/runner.js";
import { readMessage } from "../src/server/read-message.js";
import { anExecution, executorOf } from "./support/ports.js";
import { askRaw, failureOf, withService } from "./support/service.js";

const path = "/runner.Runner/RunCode";
const repeated = (bytes: number[], size: number) => Buffer.alloc(size - (size % bytes.length), Buffer.from(bytes));

/** Each takes a hundred times as long to read as code of that size. */
const costly: Record<string, number[]> = {
  "unknown numbers": [0x10, 1],
  "unknown empty texts": [0x12, 0],
  "empty groups": [0x13, 0x14],
  "code, empty, again and again": [0x0a, 0],
};

describe("A message that takes long to read", () => {
  for (const [what, bytes] of Object.entries(costly)) {
    it(`is INVALID_ARGUMENT before it is read: ${what}`, () =>
      withService({}, async ({ address }) => {
        const failure = await failureOf(askRaw(address, path, repeated(bytes, maxCodeBytes)));
        assert.deepEqual([status[failure.code], failure.details], ["INVALID_ARGUMENT", "the request has too many fields"]);
      }));
  }

  it("is INVALID_ARGUMENT before it is read: more bytes than the largest code and some", () => {
    const type = { decode: () => assert.fail("it was read") };
    const expected = { code: "INVALID_ARGUMENT", message: /^code is larger than 64 KiB/ };
    assert.throws(() => readMessage(type, Buffer.alloc(maxCodeBytes + 1025)), expected);
  });

  it("is not one with the largest code and some fields that only a newer client knows", () => {
    const code = "/".repeat(maxCodeBytes);
    const writer = CodeRequest.encode({ code });
    for (let field = 2; field < 202; field++) writer.uint32(field << 3).uint32(1);
    assert.equal(readMessage(CodeRequest, writer.finish()).code, code);
    const newer = new BinaryWriter().uint32(8).int64(7n).uint32(26).string("new").finish();
    assert.equal(readMessage(IdRequest, newer).id, 7n);
  });

  it("is read in a turn of its own: messages that are decompressed at once leave the event loop to others between", async () => {
    const order: string[] = [];
    const turns = {
      next: async () => {
        order.push("turn");
      },
    };
    const executor = executorOf(() => {
      order.push("served");
      return anExecution();
    });
    await withService({ turns, executor }, async ({ address }) => {
      await compressedCall(address, Buffer.from(CodeRequest.encode({ code: "package main" }).finish()));
    });
    assert.deepEqual(order, ["turn", "served"]);
  });
});

/** Sends a message with gzip, and takes its answer. */
async function compressedCall(address: string, message: Buffer): Promise<void> {
  const session = connect(`http://${address}`);
  try {
    const call = session.request({
      ":method": "POST",
      ":path": path,
      "content-type": "application/grpc",
      "grpc-encoding": "gzip",
      te: "trailers",
    });
    const body = gzipSync(message);
    const head = Buffer.alloc(5);
    head.writeUInt8(1);
    head.writeUInt32BE(body.length, 1);
    call.end(Buffer.concat([head, body]));
    await new Promise((resolve, reject) => call.on("close", resolve).on("error", reject).resume());
  } finally {
    session.destroy();
  }
}
