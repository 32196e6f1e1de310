import assert from "node:assert/strict";
import { connect } from "node:http2";
import { status } from "@grpc/grpc-js";
import { anExecution, executorOf } from "./support/ports.js";
import { callsOf, withService } from "./support/service.js";

const code = "package main\n\nfunc main() {}\n";
const large = executorOf(() => anExecution({ stdout: new Uint8Array(1024 * 1024).fill(120) }));
/** RunCode with that code, as its bytes on the wire. */
const request = Buffer.concat([Buffer.from([0, 0, 0, 0, code.length + 2, 0x0a, code.length]), Buffer.from(code)]);

describe("a client of gRPC", () => {
  it("that takes no answer gets no more of them after some 32 MiB, while others are served", () =>
    withService({ executor: large, limits: { maxBufferBytes: 64 * 1024 * 1024 } }, async ({ address, client }) => {
      // A window of nothing: no byte of an answer may be sent, and all of its headers.
      const session = connect(`http://${address}`, { settings: { initialWindowSize: 0 } });
      session.on("error", () => {});
      const answers: (number | undefined)[] = [];
      for (let index = 0; index < 50; index++) answers.push(await statusOf(session));
      assert.deepEqual(new Set(answers.slice(0, 30)), new Set([undefined]));
      assert.deepEqual(new Set(answers.slice(32)), new Set([status.RESOURCE_EXHAUSTED]));
      assert.equal((await callsOf(client).runCode({ code })).output.length, 1024 * 1024);
      session.destroy();
    }));

  it("that takes its answers gets as many as it asks for", () =>
    withService({ executor: large }, async ({ client }) => {
      for (let round = 0; round < 5; round++) {
        const answers = await Promise.all(Array.from({ length: 10 }, () => callsOf(client).runCode({ code })));
        for (const { output } of answers) assert.equal(output.length, 1024 * 1024);
      }
    }));
});

/** @returns the status with which a call was refused; undefined for one whose answer begins. */
function statusOf(session: ReturnType<typeof connect>): Promise<number | undefined> {
  const call = session.request({
    ":method": "POST",
    ":path": "/runner.Runner/RunCode",
    "content-type": "application/grpc",
    te: "trailers",
  });
  call.end(request);
  return new Promise((resolve, reject) => {
    call.on("error", reject).on("response", (headers) => {
      const told = headers["grpc-status"];
      resolve(told === undefined ? undefined : Number(told));
    });
  });
}
