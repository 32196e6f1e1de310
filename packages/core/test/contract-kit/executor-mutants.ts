/** Ways to build an executor that is wrong in one thing. */
import { type CodeExecutor, type ExecuteOptions, type Execution, type ExecutionRequest, encodeUtf8, type TestResult } from "@gorunner/core";
import { aRequest, hello } from "@gorunner/core/contract";
import { ScriptedExecutor } from "./scripted-executor.js";

/** All files of a request, as one text. */
export const sourceOf = ({ files }: ExecutionRequest) => files.map(({ content }) => Buffer.from(content).toString("latin1")).join("\n");
export const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");

type Execute = CodeExecutor["execute"];

/** Does something else around a correct executor. */
export const around =
  (execute: (correct: Execute, request: ExecutionRequest, options: ExecuteOptions) => Promise<Execution>, size = {}) =>
  (): CodeExecutor => {
    const correct = new ScriptedExecutor(size);
    return { execute: (request, options = {}) => execute(correct.execute.bind(correct), request, options) };
  };

/** Tells something else of an execution that was correct. */
export const tells = (change: (execution: Execution, request: ExecutionRequest) => Partial<Execution>) =>
  around(async (correct, request, options) => {
    const execution = await correct(request, options);
    return { ...execution, ...change(execution, request) };
  });

/** Tells something else of the tests, where there are some. */
export const tellsOfTests = (change: (tests: TestResult[]) => TestResult[]) =>
  tells(({ tests }) => (tests === undefined ? {} : { tests: change(tests) }));

/** Understands another request than the one that was made. */
export const takes = (change: (request: ExecutionRequest) => Partial<ExecutionRequest>) =>
  around((correct, request, options) => correct({ ...request, ...change(request) }, options));

/** Executes something, where it should refuse. */
export const accepts = (isAccepted: (request: ExecutionRequest) => boolean) =>
  around((correct, request, options) => correct(isAccepted(request) ? aRequest(hello) : request, options));

/** Writes something else. */
export const prints = (change: (stdout: string, request: ExecutionRequest) => string) =>
  tells((execution, request) => ({ stdout: Buffer.from(change(textOf(execution.stdout), request), "latin1") }));

/** Says something else on stderr. */
export const complains = (change: (stderr: string, request: ExecutionRequest) => string) =>
  tells((execution, request) => ({ stderr: encodeUtf8(change(textOf(execution.stderr), request)) }));

/** Hands on events in another way. */
export const delivers = (change: (options: ExecuteOptions) => ExecuteOptions) =>
  around((correct, request, options) => correct(request, change(options)));
