import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { decodeUtf8, type Execution, encodeUtf8, RunnerError } from "@gorunner/core";
import { type Answer, aModule, endless, type MadeModule, TestProxy, text, zipOf } from "@gorunner/testing";
import { GoExecutor } from "../../src/index.js";
import { type Leftovers, leftovers, sandboxProcesses } from "../host-leftovers.js";
import { executorOptions } from "../shared-executor.js";

const version = "v1.0.0";

const mismatch = "what the module proxy has is not what go.sum or the checksum database says";
const elsewhere = "the module proxy sends it elsewhere, where this server asks nobody";

interface Call {
  signal?: AbortSignal;
  by?: GoExecutor;
}

describe("a program with modules from a proxy", function () {
  this.timeout(120_000);
  let proxy: TestProxy;
  let url: string;
  let directory: string;
  let executor: GoExecutor;
  let atFirst: Leftovers;
  let modules = 0;
  /** Of each test alone: the cache has what another has fetched. */
  let path: string;
  let good: MadeModule;
  let requirement: string;

  const open = async (from: string) => {
    const opened = new GoExecutor(
      executorOptions({ modules: { proxy: from, directory, timeoutMs: 3_000, maxBytes: 8 * 1024 * 1024 }, warmSandboxes: 0 }),
    );
    await opened.prepare();
    return opened;
  };
  /** Never seen before: one that was is not built again, and needs no modules. */
  const aProgram = () =>
    `package main\n\nimport (\n\t"fmt"\n\n\tlib "${path}"\n)\n\nfunc main() { fmt.Println(lib.Greeting) }\n// ${randomUUID()}\n`;
  const run = (files: Record<string, string>, { signal, by = executor }: Call = {}): Promise<Execution> =>
    by.execute(
      {
        files: Object.entries(files).map(([name, content]) => ({ path: name, content: encodeUtf8(content) })),
        mode: "run",
        clock: "real",
      },
      signal === undefined ? {} : { signal },
    );
  /** With its go.sum, so that the checksum database is not asked about what only this test has. */
  const runWith = (sums = good.sums, call: Call = {}) => run({ "prog.go": aProgram(), "go.mod": requirement, "go.sum": sums }, call);
  const refusal = async (ended: Promise<Execution>) => {
    const { outcome, stderr, timings } = await ended;
    assert.equal(outcome, "fetch_error");
    assert.ok(timings.fetchMs > 0);
    return decodeUtf8(stderr);
  };

  before(async () => {
    atFirst = await leftovers();
    proxy = new TestProxy();
    url = await proxy.start();
    directory = await mkdtemp(join(tmpdir(), "gorunner-modules-"));
    executor = await open(url);
  });

  beforeEach(() => {
    path = `modules.test/lib${++modules}`;
    good = aModule(path, version, { "lib.go": 'package lib\n\nconst Greeting = "from elsewhere"\n' });
    requirement = `module play\n\ngo 1.20\n\nrequire ${path} ${version}\n`;
    proxy.instead.clear();
    proxy.asked.length = 0;
    proxy.serve(path, version, good);
  });

  after(async () => {
    await executor.close();
    await proxy.stop();
    await rm(directory, { recursive: true, force: true });
    const { descriptors, ...left } = await leftovers();
    const { descriptors: before, ...started } = atFirst;
    assert.deepEqual(left, started);
    assert.ok(descriptors <= before + 2, `${descriptors} descriptors, ${before} before`);
  });

  it("runs, and asks the proxy once for what several programs need", async () => {
    assert.equal(decodeUtf8((await runWith()).stdout), "from elsewhere\n");
    const others = await Promise.all([runWith(), runWith()]);
    assert.deepEqual(
      others.map(({ stdout }) => decodeUtf8(stdout)),
      ["from elsewhere\n", "from elsewhere\n"],
    );
    assert.equal(proxy.asked.filter((asked) => asked.endsWith(".zip")).length, 1);
  });

  it("runs beside that of another server with the same cache", async () => {
    await using other = new AsyncDisposableStack();
    const neighbour = await open(url);
    other.defer(() => neighbour.close());
    const files = Object.entries({ "prog.go": aProgram(), "go.mod": requirement, "go.sum": good.sums });
    assert.equal((await runWith()).outcome, "ok");
    const theirs = await neighbour.execute({
      files: files.map(([name, content]) => ({ path: name, content: encodeUtf8(content) })),
      mode: "run",
      clock: "real",
    });
    assert.equal(theirs.outcome, "ok");
    assert.equal(proxy.asked.filter((asked) => asked.endsWith(".zip")).length, 1);
  });

  it("is not built from a module that its go.sum does not match, nor is the next one that it does match", async () => {
    const wrong = good.sums.replace(/h1:..../, "h1:AAAA");
    assert.match(await refusal(runWith(wrong)), /checksum mismatch/);
    assert.equal((await runWith()).outcome, "ok");
  });

  it("is not built from a module that the checksum database does not know", async () => {
    const told = await refusal(run({ "prog.go": aProgram(), "go.mod": requirement }));
    assert.equal(told, `prog.go:6:2: ${path}@v1.0.0: it can't be verified by the checksum database\n`);
  });

  it("times out when the proxy hangs, and the next one runs", async () => {
    proxy.instead.set(".zip", () => {});
    const hung = await runWith();
    assert.equal(hung.outcome, "fetch_timeout");
    assert.ok(hung.timings.fetchMs >= 3_000 && hung.timings.fetchMs < 10_000, `${hung.timings.fetchMs} ms`);
    assert.deepEqual(fetchProcesses(), []);
    proxy.instead.clear();
    assert.equal((await runWith()).outcome, "ok");
  });

  it("is gone at once when it is cancelled while it fetches", async () => {
    const controller = new AbortController();
    let abortedAt = 0;
    proxy.instead.set(".zip", () => {
      abortedAt = performance.now();
      controller.abort();
    });
    await assert.rejects(
      runWith(good.sums, { signal: controller.signal }),
      (error) => error instanceof RunnerError && error.code === "CANCELLED",
    );
    assert.ok(performance.now() - abortedAt < 1_500, `${performance.now() - abortedAt} ms`);
    assert.deepEqual(fetchProcesses(), []);
  });

  it("can't fill the disk by an endless module", async () => {
    proxy.instead.set(".zip", endless);
    assert.match(await refusal(runWith()), /too large/);
    assert.ok((await bytesIn(directory)) < 64 * 1024 * 1024);
  });

  it("can't fill the disk by a module that is small while it is packed", async () => {
    const bomb = aModule(path, version, { "lib.go": 'package lib\n\nconst Greeting = ""\n', "zeros.txt": Buffer.alloc(96 * 1024 * 1024) });
    assert.ok(bomb.zip.length < 1024 * 1024);
    proxy.serve(path, version, bomb);
    assert.match(await refusal(runWith(bomb.sums)), /too large/);
  });

  for (const [name, sabotage, told] of [
    ["there is no such module", () => proxy.instead.set("", missing), "not found by the module proxy"],
    ["the proxy fails", () => proxy.instead.set(".zip", (response) => response.writeHead(500).end("oops")), "the module proxy failed"],
    [
      "the proxy refuses",
      () => proxy.instead.set(".zip", (response) => response.writeHead(403).end("oops")),
      "the module proxy refuses it",
    ],
    ["the zip is garbage", () => proxy.instead.set(".zip", text("PK\x03\x04 no zip")), "the module proxy answers what is no module"],
    [
      "the zip holds what is not the module's",
      () => proxy.instead.set(".zip", file(zipOf([outside]))),
      "the module proxy answers what is no module",
    ],
    ["the go.mod is that of another module", () => proxy.instead.set(".mod", text("module modules.test/other\n")), mismatch],
    [
      "the version is not one",
      () => proxy.instead.set(".info", text('{"Version":"../../x"}')),
      "the module proxy answers what is no module",
    ],
    ["the version is a page", () => proxy.instead.set(".info", text("<html>oops")), "the module proxy answers what is no module"],
    ["it is sent to a file of the host", () => proxy.instead.set(".zip", redirect("file:///etc/passwd")), elsewhere],
    ["it is sent to a link-local address", () => proxy.instead.set(".zip", redirect("http://169.254.169.254/x")), elsewhere],
    ["it is sent round in circles", () => proxy.instead.set(".zip", redirect("/again.zip")), elsewhere],
    ["its answer is compressed", () => proxy.instead.set(".zip", compressed), "the module proxy answers what is no module"],
    ["its headers have no end", () => proxy.instead.set(".zip", hugeHeaders), "the module proxy answers what is no module"],
    ["it breaks off", () => proxy.instead.set(".zip", broken), "the module proxy answers what is no module"],
  ] as const) {
    it(`says so when ${name}, and nothing of the operator's network`, async () => {
      sabotage();
      assertTold(await refusal(name.startsWith("the version is") ? run({ "prog.go": aProgram() }) : runWith()), told);
    });
  }

  it("says so when the proxy is down, and nothing of the operator's network", async () => {
    const stopped = new TestProxy();
    const nowhere = await stopped.start();
    await stopped.stop();
    await using other = new AsyncDisposableStack();
    const alone = await open(nowhere);
    other.defer(() => alone.close());
    assertTold(await refusal(runWith(good.sums, { by: alone })), "the module proxy can't be reached");
  });

  function assertTold(message: string, why: string) {
    assert.match(message, /^(prog\.go:6:2: |go\.mod:5: )modules\.test\/lib\d+(@v1\.0\.0)?: /);
    assert.ok(message.endsWith(`: ${why}\n`), message);
    assert.doesNotMatch(message, /127\.0\.0\.1|169\.254|\/tmp\/|\/modules\/|root:|oops/);
  }
});

/** The sandbox of the program itself may still be on its way out when the answer is there. */
const fetchProcesses = () => sandboxProcesses().filter((command) => /bwrap/.test(command) && / \/staging /.test(command));

const outside = { name: "../../../../etc/passwd", content: Buffer.from("x") };
const missing: Answer = (response) => response.writeHead(404).end("not found\n");
const compressed: Answer = (response) =>
  response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(Buffer.alloc(64 * 1024 * 1024)));
const hugeHeaders: Answer = (response) => response.writeHead(200, { "x-filler": "x".repeat(512 * 1024) }).end("oops");
const broken: Answer = (response) => {
  response.writeHead(200, { "content-length": 1000 });
  response.write("PK", () => response.destroy());
};
const file =
  (content: Buffer): Answer =>
  (response) =>
    response.end(content);
const redirect =
  (location: string): Answer =>
  (response) =>
    response.writeHead(302, { location }).end();

async function bytesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => stat(join(entry.parentPath, entry.name)));
  return (await Promise.all(files)).reduce((sum, { size }) => sum + size, 0);
}
