import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findToolchain } from "../src/toolchain/find-toolchain.js";
import { runGo } from "../src/toolchain/go-command.js";
import { cacheDir, closeSharedExecutor, sharedExecutor } from "./shared-executor.js";

describe("Our Go programs", function () {
  this.timeout(180_000);
  before(async () => {
    await sharedExecutor();
  });
  after(closeSharedExecutor);

  for (const tool of ["supervisor", "builder"]) {
    it(`pass their own tests and go vet: ${tool}`, async () => {
      const toolchain = await findToolchain();
      const cwd = fileURLToPath(new URL(`../${tool}/`, import.meta.url));
      // The executor's own, where the standard library is compiled: with -trimpath, as it does, it is taken from there.
      const buildCache = join(cacheDir, toolchain.name, "std");
      const go = (...args: string[]) => runGo({ toolchain, args: [...args, "-trimpath", "./..."], buildCache, cwd });
      assert.match(await go("test", "-count=1"), /^(ok|\?) /);
      await go("vet");
    });
  }
});
