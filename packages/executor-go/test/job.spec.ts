import assert from "node:assert/strict";
import { encodeJob, type Job } from "../src/sandbox/job.js";

const process = { argv: ["/app/prog"], env: { A: "b=c" }, rlimits: {} };
const job: Job = { process, directory: "/tmp", files: [], timeoutMs: 1, outputBytes: 1 };

describe("encodeJob", () => {
  it("writes the header's length, the header, and the data behind it", () => {
    const content = new Uint8Array([1, 2, 3]);
    const bytes = Buffer.concat(encodeJob({ ...job, files: [{ path: "a.go", content }], stdin: new Uint8Array([9]) }));
    const headerBytes = bytes.readUInt32BE(0);
    const header = JSON.parse(bytes.subarray(4, 4 + headerBytes).toString("utf8"));
    assert.deepEqual(header.files, [{ path: "a.go", bytes: 3 }]);
    assert.deepEqual(header.env, ["A=b=c"]);
    assert.equal(header.stdinBytes, 1);
    assert.deepEqual([...bytes.subarray(4 + headerBytes)], [1, 2, 3, 9]);
  });

  it("has no empty part: writing one to a supervisor that has finished would break the pipe and lose its answer", () => {
    for (const part of encodeJob({ ...job, files: [{ path: "empty.go", content: new Uint8Array() }] })) assert.ok(part.length > 0);
  });
});
