import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeUtf8, type Execution, encodeUtf8, RunnerError } from "@gorunner/core";
import { type Answer, aModule, aModuleOfEmptyFiles, endless, type MadeModule, ModuleGraph, TestProxy } from "@gorunner/testing";
import { GoExecutor, type GoExecutorOptions } from "../../src/index.js";
import { executorOptions } from "../shared-executor.js";

const version = "v1.0.0";
const mib = 1024 * 1024;

interface Call {
  signal?: AbortSignal;
  by?: GoExecutor;
}

/** With one place for executions: whoever keeps it keeps out everybody. */
describe("while modules are fetched from a hostile proxy", function () {
  this.timeout(180_000);
  let proxy: TestProxy;
  let directory: string;
  let url: string;
  let executor: GoExecutor;
  let modules = 0;
  /** Of each test alone: the cache has what another has fetched. */
  let path: string;
  let good: MadeModule;
  let requirement: string;
  let found: string[];

  const open = async (timeoutMs: number, options: Partial<GoExecutorOptions> = {}) => {
    const bounds = { concurrency: 4, queue: 4, maxBytes: 16 * mib, maxEntries: 2_000, timeoutMs };
    const opened = new GoExecutor(
      executorOptions({ concurrency: 1, warmSandboxes: 0, ...options, modules: { proxy: url, directory, ...bounds } }),
    );
    await opened.prepare();
    return opened;
  };
  const usesIt = (sums = good.sums) => ({
    "prog.go": `package main\n\nimport _ "${path}"\n\nfunc main() {}\n// ${randomUUID()}\n`,
    "go.mod": requirement,
    "go.sum": sums,
  });
  const run = (files: Record<string, string>, caller: string, { signal, by = executor }: Call = {}): Promise<Execution> => {
    const sent = Object.entries(files).map(([name, content]) => ({ path: name, content: encodeUtf8(content) }));
    return by.execute({ files: sent, mode: "run", clock: "real", caller }, signal === undefined ? {} : { signal });
  };
  const neighbour = async (by = executor) => {
    const { outcome, stdout } = await run({ "prog.go": `package main\n\nfunc main() { print() }\n// ${randomUUID()}\n` }, "a neighbour", {
      by,
    });
    assert.deepEqual([outcome, decodeUtf8(stdout)], ["ok", ""]);
  };
  const asked = async (times: number) => {
    while (proxy.asked.filter((url) => url.endsWith(".zip")).length < times) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  /** The cache is as it was before the test. */
  const assertNothingLeft = async () => assert.deepEqual(await cached(), found);
  /** The first fetch makes the cache itself. */
  const cached = async () => (await readdir(directory, { recursive: true })).filter((name) => name !== "1" && name !== "1/cache").sort();

  before(async () => {
    proxy = new TestProxy();
    url = await proxy.start();
    directory = await mkdtemp(join(tmpdir(), "gorunner-modules-"));
    executor = await open(60_000);
  });
  beforeEach(async () => {
    path = `modules.test/lib${++modules}`;
    good = aModule(path, version, { "lib.go": "package lib\n" });
    requirement = `module play\n\ngo 1.20\n\nrequire ${path} ${version}\n`;
    proxy.instead.clear();
    proxy.asked.length = 0;
    proxy.serve(path, version, good);
    found = await cached();
  });
  after(async () => {
    await executor.close();
    await proxy.stop();
    await rm(directory, { recursive: true, force: true });
  });

  const crawl: Answer = (response) => {
    const timer = setInterval(() => response.write("P"), 1_000);
    response.on("close", () => clearInterval(timer));
  };
  const trickled: Answer = (response) => {
    const timer = setInterval(() => response.writeProcessing(), 100);
    response.on("close", () => clearInterval(timer));
  };
  for (const [what, answer] of [
    ["hangs", () => {}],
    ["crawls, a byte a second", crawl],
    ["says that it is at work, and never more", trickled],
  ] as const satisfies readonly (readonly [string, Answer])[]) {
    it(`a proxy that ${what} keeps no place from others, and nothing of it stays`, async () => {
      proxy.instead.set(".zip", answer);
      const controller = new AbortController();
      const hung = ["a", "b", "c"].map((caller) => assert.rejects(run(usesIt(), caller, controller), isCancelled));
      await asked(3);
      await neighbour();
      await neighbour();
      controller.abort();
      await Promise.all(hung);
      await assertNothingLeft();
    });
  }

  it("a proxy that floods keeps nobody from running", async () => {
    proxy.instead.set(".zip", endless);
    const floods = ["a", "b", "c"].map((caller) => run(usesIt(), caller));
    await asked(1);
    await neighbour();
    for (const { outcome, stderr } of await Promise.all(floods)) {
      assert.equal(outcome, "fetch_error");
      assert.match(decodeUtf8(stderr), /too large/);
    }
    await assertNothingLeft();
  });

  it("one caller has two fetches and a part of the queue, the next one a place at once", async () => {
    proxy.instead.set(".zip", () => {});
    const controller = new AbortController();
    const own = Array.from({ length: 3 }, () => assert.rejects(run(usesIt(), "greedy", controller), isCancelled));
    await asked(2);
    // The third one waits, which is a quarter of the queue.
    await assert.rejects(run(usesIt(), "greedy"), isExhausted);
    const other = assert.rejects(run(usesIt(), "another", controller), isCancelled);
    await asked(3);
    controller.abort();
    await Promise.all([...own, other]);
    await assertNothingLeft();
  });

  it("the same program is fetched for once, whoever asks, and one caller who goes ends it for no other", async () => {
    let letGo = () => {};
    proxy.instead.set(".zip", (response) => {
      letGo = () => response.end(good.zip);
    });
    const files = usesIt();
    const controller = new AbortController();
    const first = assert.rejects(run(files, "a", controller), isCancelled);
    await asked(1);
    const others = ["b", "c", "d", "e", "f"].map((caller) => run(files, caller));
    await neighbour();
    controller.abort();
    await first;
    letGo();
    assert.deepEqual(
      (await Promise.all(others)).map(({ outcome }) => outcome),
      Array(5).fill("ok"),
    );
    assert.equal(proxy.asked.filter((url) => url.endsWith(".zip")).length, 1);
  });

  it("a module of many empty files is refused, and nothing of it stays", async () => {
    const bomb = aModuleOfEmptyFiles(path, version, 20_000);
    proxy.serve(path, version, bomb);
    const fetched = run(usesIt(bomb.sums), "a");
    await asked(1);
    await neighbour();
    const { outcome, stderr } = await fetched;
    assert.equal(outcome, "fetch_error");
    assert.match(decodeUtf8(stderr), /: it has too many files\n$/);
    await assertNothingLeft();
  });

  it("modules that have too many files together are refused, and nothing of them stays", async () => {
    const paths = ["modules.test/a", "modules.test/b"];
    const made = paths.map((each) => aModuleOfEmptyFiles(each, version, 1_500, { "code.go": "package code\n" }));
    for (const [index, each] of made.entries()) proxy.serve(paths[index] ?? "", version, each);
    const { outcome, stderr } = await run(
      {
        "prog.go": `package main\n\nimport (\n${paths.map((each) => `\t_ "${each}"\n`).join("")})\n\nfunc main() {}\n// ${randomUUID()}\n`,
        "go.mod": `module play\n\ngo 1.20\n\nrequire (\n${paths.map((each) => `\t${each} ${version}\n`).join("")})\n`,
        "go.sum": made.map(({ sums }) => sums).join(""),
      },
      "a",
    );
    assert.deepEqual(
      [outcome, decodeUtf8(stderr)],
      ["fetch_error", "the modules that this program needs have too many files: above 2000\n"],
    );
    await assertNothingLeft();
  });

  it("a fetch that takes too long leaves nothing of what it has", async () => {
    await using own = new AsyncDisposableStack();
    const hasty = await open(3_000);
    own.defer(() => hasty.close());
    const other = aModule("modules.test/other", version, { "other.go": "package other\n" });
    proxy.serve("modules.test/other", version, other);
    proxy.instead.set("/other/@v/v1.0.0.zip", () => {});
    const files = usesIt(`${good.sums}${other.sums}`);
    const both = `${files["prog.go"]}`.replace("func main", 'import _ "modules.test/other"\n\nfunc main');
    const { outcome } = await run({ ...files, "prog.go": both, "go.mod": `${requirement}require modules.test/other ${version}\n` }, "a", {
      by: hasty,
    });
    assert.equal(outcome, "fetch_timeout");
    await assertNothingLeft();
  });

  it("a graph of 100,000 modules ends within its limits and disturbs nobody", async () => {
    await using own = new AsyncDisposableStack();
    const roomy = await open(20_000, { sourceBytes: 16 * mib });
    own.defer(() => roomy.close());
    const graph = new ModuleGraph({ nodes: 100_000, fanOut: 100 });
    proxy.instead.set(".mod", graph.answer);
    const files = { "prog.go": 'package main\n\nimport _ "graph.test/m0"\n\nfunc main() {}\n', "go.mod": graph.mod, "go.sum": graph.sums };
    const fetched = run(files, "a", { by: roomy });
    while (proxy.asked.length < 100) await new Promise((resolve) => setTimeout(resolve, 20));
    await neighbour(roomy);
    const { outcome, stderr } = await fetched;
    // On a slow machine its time is up before it has reached another limit.
    if (outcome !== "fetch_timeout") {
      assert.equal(outcome, "fetch_error");
      assert.match(decodeUtf8(stderr), /have too many files: above 2000$|are too many$|takes too much memory or output$/m);
    }
    await assertNothingLeft();
  });
});

const isCancelled = (error: unknown) => error instanceof RunnerError && error.code === "CANCELLED";
const isExhausted = (error: unknown) =>
  error instanceof RunnerError &&
  error.code === "RESOURCE_EXHAUSTED" &&
  error.retryAfterMs !== undefined &&
  /^too many module fetches/.test(error.message);
