import assert from "node:assert/strict";
import { aRequest, sourceFiles } from "@gorunner/core/contract";
import { type BuildPath, GoExecutor } from "../src/index.js";
import { corpus, tell, trees } from "./alike.js";
import { executorOptions } from "./shared-executor.js";

describe("The two ways to build", function () {
  this.timeout(180_000);
  const executors = {} as Record<(typeof paths)[number], GoExecutor>;
  const paths = ["auto", "go"] as const satisfies BuildPath[];
  before(async () => {
    for (const buildPath of paths) {
      executors[buildPath] = new GoExecutor(executorOptions({ buildPath, preloadLinker: false }));
      await executors[buildPath].prepare();
      await executors[buildPath].whenComplete();
    }
  });
  after(async () => {
    for (const buildPath of paths) await executors[buildPath].close();
  });

  for (const [what, code] of Object.entries(corpus)) {
    it(`agree on ${what}`, async () => {
      const [direct, go] = await Promise.all(paths.map((path) => executors[path].execute(aRequest(code))));
      assert.deepEqual(tell(direct), tell(go));
    });
  }

  for (const [what, texts] of Object.entries(trees)) {
    it(`agree on several files with ${what}`, async () => {
      const request = aRequest("", { files: sourceFiles(texts) });
      const [direct, go] = await Promise.all(paths.map((path) => executors[path].execute(request)));
      assert.deepEqual(tell(direct), tell(go));
    });
  }
});
