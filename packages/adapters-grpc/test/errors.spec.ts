import assert from "node:assert/strict";
import { BinaryReader } from "@bufbuild/protobuf/wire";
import { type ErrorCode, maxCodeBytes, RunnerError } from "@gorunner/core";
import { InMemorySnippetRepo } from "@gorunner/core/contract";
import { status } from "@grpc/grpc-js";
import { CodeRequest } from "../src/gen/runner/runner.js";
import { statusOf } from "../src/status/status-of.js";
import { executorOf } from "./support/ports.js";
import { askRaw, callsOf, failureOf, type Service, startService, withService } from "./support/service.js";

const runCode = "/runner.Runner/RunCode";
const shareCode = "/runner.Runner/ShareCode";
const code = "package main\n\nfunc main() {}\n";
/** `string code = 1`, with a length below 128. */
const codeField = (...bytes: number[]) => Buffer.from([0x0a, bytes.length, ...bytes]);

const failingWith = (failure: unknown) => ({
  executor: executorOf(() => {
    throw failure;
  }),
});

describe("the errors of runner.Runner", () => {
  it("each error code is the gRPC status of its name", () => {
    for (const [name, value] of Object.entries(statusOf)) assert.equal(status[value], name);
  });

  describe("INVALID_ARGUMENT", () => {
    let service: Service;
    before(async () => {
      service = await startService();
    });
    after(() => service.close());

    const refused: [rule: string, path: string, bytes: Buffer, message: RegExp][] = [
      ["empty code", runCode, Buffer.alloc(0), /code is empty/],
      ["code with a NUL", runCode, codeField(0x61, 0, 0x62), /NUL/],
      ["code with a stray continuation byte", runCode, codeField(0x61, 0x80), /UTF-8/],
      ["code that ends within a character", shareCode, codeField(0xe2, 0x82), /UTF-8/],
      ["code with an encoded surrogate", runCode, codeField(0xed, 0xa0, 0x80), /UTF-8/],
      ["code in Latin-1", shareCode, codeField(...Buffer.from("é", "latin1")), /UTF-8/],
      ["64 KiB and one byte", runCode, encoded("/".repeat(maxCodeBytes + 1)), /64 KiB/],
      ["64 KiB in fewer characters and one byte", shareCode, encoded(`${"é".repeat(maxCodeBytes / 2)}/`), /64 KiB/],
      ["a field cut short", runCode, Buffer.from([0x0a, 0x7f, 0x61]), /protobuf/],
      ["a varint without end", "/runner.Runner/GetCodeByID", Buffer.alloc(12, 0xff), /protobuf/],
      ["a tag of zero in the middle", runCode, Buffer.concat([codeField(0x61), Buffer.from([0, 1, 2])]), /protobuf/],
      ["an id of zero", "/runner.Runner/GetCodeByID", Buffer.alloc(0), /id must be a positive/],
      ["a negative id", "/runner.Runner/GetCodeByID", Buffer.from([0x08, ...Buffer.alloc(9, 0xff), 0x01]), /id must be a positive/],
      ["an id of zero to delete", "/runner.Runner/DeleteCode", Buffer.from([0x10, 0x01]), /id must be a positive/],
      ["a user_id of zero", "/runner.Runner/DeleteCode", Buffer.from([0x08, 0x01]), /user_id must be a positive/],
    ];
    for (const [rule, path, bytes, message] of refused) {
      it(rule, async () => {
        const failure = await failureOf(askRaw(service.address, path, bytes));
        assert.equal(status[failure.code], "INVALID_ARGUMENT");
        assert.match(failure.details, message);
      });
    }
  });

  it("a snippet that does not exist is NOT_FOUND", () =>
    withService({}, async ({ client }) => {
      const failure = await failureOf(callsOf(client).getCodeById({ id: 42n }));
      assert.deepEqual([status[failure.code], failure.details], ["NOT_FOUND", "snippet 42 not found"]);
    }));

  it("who is no admin is PERMISSION_DENIED, whether or not the snippet exists", () =>
    withService({}, async ({ client }) => {
      const { id } = await callsOf(client).shareCode({ code });
      for (const asked of [id, 42n]) {
        const failure = await failureOf(callsOf(client).deleteCode({ id: asked, userId: 2n }));
        assert.equal(status[failure.code], "PERMISSION_DENIED");
      }
      assert.equal((await callsOf(client).getCodeById({ id })).code, code);
    }));

  const passedOn: ErrorCode[] = ["UNAUTHENTICATED", "UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED"];
  for (const errorCode of passedOn) {
    it(`${errorCode} is passed on with its message and without its cause`, () =>
      withService(failingWith(new RunnerError(errorCode, "not now", { cause: new Error("secret place") })), async ({ client, metrics }) => {
        const failure = await failureOf(callsOf(client).runCode({ code }));
        assert.deepEqual([status[failure.code], failure.details], [errorCode, "not now"]);
        assert.equal(metrics.requests[0]?.code, errorCode);
      }));
  }

  it("a store that is down is UNAVAILABLE, and the log knows why", () => {
    const snippets = new InMemorySnippetRepo();
    snippets.findById = async () => {
      throw new RunnerError("UNAVAILABLE", "the store can't be reached", { cause: new Error("ECONNREFUSED 10.0.0.1") });
    };
    return withService({ snippets }, async ({ client, logger }) => {
      const failure = await failureOf(callsOf(client).getCodeById({ id: 1n }));
      assert.deepEqual([status[failure.code], failure.details], ["UNAVAILABLE", "the store can't be reached"]);
      const warning = logger.lines.find(({ level }) => level === "warn")?.fields["err"];
      assert.ok(warning instanceof Error && warning.cause instanceof Error && warning.cause.message.includes("10.0.0.1"));
    });
  });

  it("RESOURCE_EXHAUSTED says when to come back, as RetryInfo and in seconds", () =>
    withService(failingWith(new RunnerError("RESOURCE_EXHAUSTED", "the queue is full", { retryAfterMs: 1500 })), async ({ client }) => {
      const failure = await failureOf(callsOf(client).runCode({ code }));
      assert.equal(status[failure.code], "RESOURCE_EXHAUSTED");
      assert.deepEqual(failure.metadata.get("retry-after"), ["2"]);
      const [details] = failure.metadata.get("grpc-status-details-bin");
      assert.ok(details instanceof Buffer);
      const richStatus = fieldsOf(details);
      assert.equal(richStatus.get(1), status.RESOURCE_EXHAUSTED);
      assert.equal(textOf(richStatus.get(2)), "the queue is full");
      const any = fieldsOf(bytesOf(richStatus.get(3)));
      assert.equal(textOf(any.get(1)), "type.googleapis.com/google.rpc.RetryInfo");
      const delay = fieldsOf(bytesOf(fieldsOf(bytesOf(any.get(2))).get(1)));
      assert.deepEqual([delay.get(1), delay.get(2)], [1, 500_000_000]);
    }));

  for (const thrown of [new TypeError("secret detail"), new RunnerError("INTERNAL", "secret detail"), "secret detail"]) {
    it(`${thrown instanceof Error ? thrown.name : typeof thrown} thrown is INTERNAL with an id and no detail`, () =>
      withService(failingWith(thrown), async ({ client, logger }) => {
        const failure = await failureOf(callsOf(client).runCode({ code }));
        assert.equal(status[failure.code], "INTERNAL");
        const id = /^internal error \(id ([0-9a-f-]{36})\)$/.exec(failure.details)?.[1];
        assert.ok(id !== undefined, failure.details);
        assert.doesNotMatch(JSON.stringify(failure.metadata.toJSON()), /secret/);
        const line = logger.lines.find(({ level }) => level === "error");
        assert.equal(line?.fields["errorId"], id);
        assert.ok(line?.fields["err"] instanceof Error);
        const logged = line.fields["err"];
        assert.ok(logged === thrown || logged.cause === thrown);
      }));
  }

  it("a message over the limit is INVALID_ARGUMENT, as code over 64 KiB is: it is nothing to try again", () =>
    withService({ limits: { maxRequestBytes: 100_000 } }, async ({ address }) => {
      for (const [bytes, told] of [
        [100_001, /^the message has 1\d{5} bytes; at most 100000 are allowed$/],
        [99_000, /^code is larger than 64 KiB/],
      ] as const) {
        const failure = await failureOf(askRaw(address, runCode, encoded("/".repeat(bytes))));
        assert.equal(status[failure.code], "INVALID_ARGUMENT");
        assert.match(failure.details, told);
      }
    }));

  it("an unknown method is UNIMPLEMENTED", () =>
    withService({}, async ({ address }) => {
      for (const path of ["/runner.Runner/Nothing", "/nobody.Nobody/RunCode"]) {
        assert.equal(status[(await failureOf(askRaw(address, path, Buffer.alloc(0)))).code], "UNIMPLEMENTED");
      }
    }));
});

function encoded(text: string): Buffer {
  return Buffer.from(CodeRequest.encode({ code: text }).finish());
}

/** A message's fields by number, read without its schema: numbers and bytes. */
function fieldsOf(message: Uint8Array): Map<number, number | Uint8Array> {
  const reader = new BinaryReader(message);
  const fields = new Map<number, number | Uint8Array>();
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    fields.set(field, wireType === 0 ? reader.int32() : reader.bytes());
  }
  return fields;
}

function bytesOf(value: number | Uint8Array | undefined): Uint8Array {
  assert.ok(value instanceof Uint8Array);
  return value;
}

const textOf = (value: number | Uint8Array | undefined) => Buffer.from(bytesOf(value)).toString();
