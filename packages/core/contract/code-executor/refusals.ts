/** What is no execution at all. */
import assert from "node:assert/strict";
import { type ExecutionRequest, encodeUtf8 } from "@gorunner/core";
import { aRequest, hello } from "../programs.js";
import { type Check, isError } from "./check.js";

export function refusals(check: Check, gaps: ExecutorGaps): void {
  const refused: [string, Partial<ExecutionRequest>][] = [
    ["no file", { files: [] }],
    ["a name that escapes", { files: [{ path: "../prog.go", content: encodeUtf8(hello) }] }],
    ["an absolute name", { files: [{ path: "/prog.go", content: encodeUtf8(hello) }] }],
    ["a name with a NUL", { files: [{ path: "a\0.go", content: encodeUtf8(hello) }] }],
    ["a name like an option", { files: [{ path: "-o.go", content: encodeUtf8(hello) }] }],
    ["assembly", { files: [...aRequest(hello).files, { path: "a.s", content: encodeUtf8("TEXT") }] }],
    ["a header", { files: [...aRequest(hello).files, { path: "include/a.h", content: encodeUtf8("") }] }],
    ["a workspace", { files: [...aRequest(hello).files, { path: "go.work", content: encodeUtf8("go 1.24\n") }] }],
    ["a vendor folder", { files: [...aRequest(hello).files, { path: "vendor/modules.txt", content: encodeUtf8("") }] }],
    ["a second module", { files: [...aRequest(hello).files, { path: "a/go.mod", content: encodeUtf8("module a\n") }] }],
    ["a name with a newline", { files: [{ path: "a\n.go", content: encodeUtf8(hello) }] }],
    ["a name with a backslash", { files: [{ path: "a\\b.go", content: encodeUtf8(hello) }] }],
    ["a name that is not clean", { files: [{ path: "a//b.go", content: encodeUtf8(hello) }] }],
    ["names that differ in case only", { files: [...aRequest(hello).files, { path: "PROG.go", content: encodeUtf8(hello) }] }],
    ["a file that is a folder too", { files: [...aRequest(hello).files, { path: "prog.go/x.go", content: encodeUtf8(hello) }] }],
    ["too many files", { files: Array.from({ length: 1000 }, (_, index) => ({ path: `f${index}.go`, content: encodeUtf8(hello) })) }],
    ["a name twice", { files: [...aRequest(hello).files, ...aRequest(hello).files] }],
    ["a limit of 0", { limits: { runTimeoutMs: 0 } }],
    ["a limit above the executor's own", { limits: { memoryBytes: 2 ** 50 } }],
    ["a limit that is no number", { limits: { outputBytes: Number.NaN } }],
    ["a limit that is a fraction", { limits: { runTimeoutMs: 0.5 } }],
    ["another toolchain", { toolchain: "go0.1" }],
    ["a variable for the dynamic linker", { env: { LD_PRELOAD: "x" } }],
    ["a variable that says where things are", { env: { PATH: "/evil" } }],
    ["an argument with a NUL", { args: ["a\0b"] }],
  ];
  for (const [what, fields] of refused) {
    check(`${what} is refused`, async (executor) => {
      await assert.rejects(executor.execute(aRequest(hello, fields)), isError("INVALID_ARGUMENT"));
    });
  }
  check("limits that are exactly the executor's own are accepted", async (executor) => {
    const { limits } = await executor.execute(aRequest(hello));
    const execution = await executor.execute(aRequest(hello, { limits }));
    assert.deepEqual([execution.outcome, execution.limits], ["ok", limits]);
  });

  const optional: [keyof ExecutorGaps, Partial<ExecutionRequest>][] = [
    ["testMode", { mode: "test" }],
    ["benchMode", { mode: "bench" }],
    ["fakeClock", { clock: "fake" }],
    ["vet", { vet: true }],
  ];
  for (const [gap, fields] of optional) {
    const reason = gaps[gap];
    if (reason === undefined) continue;
    check(`${gap} is refused (${reason})`, async (executor) => {
      await assert.rejects(executor.execute(aRequest(hello, fields)), isError("INVALID_ARGUMENT"));
    });
  }
}

/** What an executor may lack. It then refuses such a request as INVALID_ARGUMENT, instead of doing something else. */
export interface ExecutorGaps {
  /** Why `mode: "test"`, and running as tests what has no main, is missing. */
  testMode?: string;
  /** Why `mode: "bench"` is missing. */
  benchMode?: string;
  /** Why `clock: "fake"` is missing. */
  fakeClock?: string;
  /** Why `vet` is missing. */
  vet?: string;
}
