import { codeExecutorContract, codeFormatterContract } from "@gorunner/core/contract";
import { GoExecutor } from "../src/index.js";
import { recorded, writeRecording } from "./record-executions.js";
import { closeSharedExecutor, executorOptions, sharedExecutor } from "./shared-executor.js";

describe("GoExecutor", function () {
  // A machine that never ran a Go program compiles a part of the standard library first.
  this.timeout(120_000);
  before(async () => void (await sharedExecutor()));
  after(writeRecording);
  after(closeSharedExecutor);

  codeExecutorContract(it, async () => ({ port: recorded(await sharedExecutor()), close: () => {} }), {
    async openSmall() {
      const small = new GoExecutor(executorOptions({ concurrency: 1, queue: 1 }));
      await small.prepare();
      return { port: recorded(small), close: () => small.close() };
    },
    async openUnavailable() {
      const closed = new GoExecutor(executorOptions());
      await closed.close();
      return { port: closed, close: () => {} };
    },
  });
  codeFormatterContract(it, async () => ({ port: await sharedExecutor(), close: () => {} }));
});
