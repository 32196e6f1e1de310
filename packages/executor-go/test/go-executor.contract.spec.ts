import { codeExecutorContract, codeFormatterContract } from "@gorunner/core/contract";
import { closeSharedExecutor, sharedExecutor } from "./shared-executor.js";

describe("GoExecutor", function () {
  // A machine that never ran a Go program compiles a part of the standard library first.
  this.timeout(120_000);
  before(async () => void (await sharedExecutor()));
  after(closeSharedExecutor);

  codeExecutorContract(it, async () => ({ port: await sharedExecutor(), close: () => {} }));
  codeFormatterContract(it, async () => ({ port: await sharedExecutor(), close: () => {} }));
});
