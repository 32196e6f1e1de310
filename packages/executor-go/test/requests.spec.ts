/** What is made of requests that are unusual, but no attack. */
import assert from "node:assert/strict";
import { RunnerError } from "@gorunner/core";
import { aRequest, hello, program, sourceFiles } from "@gorunner/core/contract";
import type { GoExecutor } from "../src/index.js";
import { closeSharedExecutor, sharedExecutor } from "./shared-executor.js";

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("utf8");
const isError = (code: RunnerError["code"]) => (error: unknown) => error instanceof RunnerError && error.code === code;

describe("GoExecutor", function () {
  this.timeout(120_000);
  let executor: GoExecutor;
  before(async () => {
    executor = await sharedExecutor();
  });
  after(closeSharedExecutor);

  it("runs the tests of a file whose own test file is there, too", async () => {
    const test = (name: string) => `package main\n\nimport "testing"\n\nfunc ${name}(t *testing.T) {}\n`;
    const files = sourceFiles({ "prog.go": test("TestOne"), "prog_test.go": test("TestTwo"), "x_windows.go": test("TestThree") });
    const { tests } = await executor.execute(aRequest("", { files }));
    assert.deepEqual(tests?.map(({ name }) => name).sort(), ["TestOne", "TestTwo"]);
  });

  it("asks for no module that only files need which are not built", async () => {
    const needs = (clause: string) => `${clause}\n\nimport _ "example.com/far/away"\n`;
    const files = sourceFiles({
      "prog.go": program(["play/used"], "println(used.X)"),
      "used/used.go": "package used\n\nconst X = 1\n",
      "x_windows.go": needs("package main"),
      "ignored.go": needs("//go:build ignore\n\npackage main"),
      "prog_test.go": needs("package main"),
      "unused/unused.go": needs("package unused"),
    });
    const { outcome, stderr } = await executor.execute(aRequest("", { files }));
    assert.deepEqual([outcome, text(stderr)], ["ok", "1\n"]);
  });

  it("an answer does not tell that a program was sent before", async () => {
    const code = program(["fmt"], `fmt.Println(${Date.now()})`);
    const limits = { buildTimeoutMs: 1 };
    assert.equal((await executor.execute(aRequest(code, { limits }))).outcome, "build_timeout");
    assert.equal((await executor.execute(aRequest(code))).outcome, "ok");
    assert.equal((await executor.execute(aRequest(code, { limits }))).outcome, "build_timeout");
  });

  it("limits that leave no room for a sandbox or for the program's own files are refused", async () => {
    for (const limits of [{ memoryBytes: 1 }, { diskBytes: 8192 }]) {
      const code = `${hello}// ${"x".repeat(20_000)}\n`;
      await assert.rejects(executor.execute(aRequest(code, { limits })), isError("INVALID_ARGUMENT"));
    }
  });
});
