import assert from "node:assert/strict";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { grpcClient, restClient } from "../support/clients.js";
import { cacheDir, Gorunner } from "../support/gorunner.js";
import { eventually, processesNaming } from "../support/host.js";
import { metric } from "../support/metrics.js";
import { ordinaryCache, ordinaryUser, prepareOrdinaryCache } from "../support/ordinary-user.js";
import { hello } from "../support/programs.js";

const isRoot = process.getuid?.() === 0;

describe("What an operator sees", function () {
  this.timeout(120_000);
  let server: Gorunner;
  before(async () => {
    server = await Gorunner.start({ config: { app_secret: "a-secret-that-nobody-sees-in-any-log" } });
  });
  after(async () => assert.equal(await server.stop(), 0));

  it("the metrics move", async () => {
    const series = [
      'runner_requests_total{transport="grpc",method="RunCode",code="OK"}',
      'runner_requests_total{transport="http",method="RunCode",code="OK"}',
      'runner_requests_total{transport="http",method="GetCodeByID",code="NOT_FOUND"}',
      'runner_executions_total{outcome="ok"}',
      'runner_executions_total{outcome="compile_error"}',
      'runner_execution_phase_seconds_count{phase="build"}',
      'runner_execution_phase_seconds_count{phase="run"}',
      'runner_snippet_cache_total{layer="process",result="hit"}',
    ];
    const read = () => Promise.all(series.map((each) => metric(server.metrics, each)));
    const before = await read();
    const [grpc, rest] = [grpcClient(server.grpc), restClient(server.rest)];
    await grpc.runCode(hello);
    await rest.runCode("package main\n");
    await assert.rejects(rest.getCode(4242n));
    const id = await rest.shareCode(hello);
    for (let round = 0; round < 3; round++) await rest.getCode(id);
    grpc.close();
    const after = await read();
    for (const [index, name] of series.entries()) assert.ok((after[index] ?? 0) > (before[index] ?? 0), name);
  });

  it("/healthz and /readyz answer 200 on a server that works", async () => {
    for (const path of ["/healthz", "/readyz"]) assert.equal((await fetch(`${server.rest}${path}`)).status, 200, path);
  });

  it("/openapi.json describes the API and /docs shows it", async () => {
    const document = (await (await fetch(`${server.rest}/openapi.json`)).json()) as { openapi: string; paths: object };
    assert.match(document.openapi, /^3\./);
    for (const path of ["/run", "/share", "/shared/{id}"]) assert.ok(path in document.paths, path);
    const page = await fetch(`${server.rest}/docs`);
    assert.equal(page.status, 200);
    assert.match(page.headers.get("content-type") ?? "", /text\/html/);
  });

  it("each request's line in the log carries its id, and no line carries code, output or a secret", async () => {
    const response = await fetch(`${server.rest}/run`, {
      method: "POST",
      headers: { "x-request-id": "request-4242" },
      body: JSON.stringify({ code: hello.replace("Hello RunCode!", "printed words") }),
    });
    assert.equal(response.headers.get("x-request-id"), "request-4242");
    await response.text();
    await eventually(() => {
      const line = server.logs.find((each) => Object.values(each).includes("request-4242"));
      assert.equal(line?.["method"], "RunCode");
    });
    const log = server.output.join("\n");
    for (const secret of ["printed words", "Println", "a-secret-that-nobody-sees"]) assert.ok(!log.includes(secret), secret);
  });
});

describe("A server that can't execute", function () {
  this.timeout(120_000);

  it("says why on /readyz, in the log and to who asks, and still answers what it stores", async () => {
    const server = await Gorunner.start({ config: { executor: { cache_dir: "/dev/null/nowhere" } }, untilReady: false });
    try {
      await server.logged("nothing can be executed");
      const ready = await fetch(`${server.rest}/readyz`);
      assert.equal(ready.status, 503);
      assert.match(await ready.text(), /cache_dir/);
      const client = restClient(server.rest);
      await assert.rejects(client.runCode(hello), { code: "UNAVAILABLE" });
      await assert.rejects(client.getCode(1n), { code: "NOT_FOUND" });
    } finally {
      assert.equal(await server.stop(), 0);
    }
  });
});

describe("A server whose sandbox does not hold", function () {
  this.timeout(120_000);

  it("executes nothing and says why, also on /readyz, and stays up", async () => {
    const directory = await mkdtemp(join(tmpdir(), "gorunner-bwrap-"));
    await chmod(directory, 0o755);
    // A bubblewrap that leaves the host's network in.
    const script = 'for flag; do shift; [ "$flag" = --unshare-net ] || set -- "$@" "$flag"; done; exec bwrap "$@"';
    await writeFile(join(directory, "bwrap"), `#!/bin/sh\nPATH="${process.env["PATH"]}"\n${script}\n`, { mode: 0o755 });
    const env = { PATH: `${directory}:${process.env["PATH"]}` };
    const server = await Gorunner.start({ env, untilReady: false });
    try {
      await server.logged("nothing can be executed");
      const ready = await fetch(`${server.rest}/readyz`);
      assert.equal(ready.status, 503);
      assert.match(await ready.text(), /failed its proof.*can reach the host's network/);
      const client = restClient(server.rest);
      await assert.rejects(client.runCode(hello), { code: "UNAVAILABLE" });
      await assert.rejects(client.getCode(1n), { code: "NOT_FOUND" });
    } finally {
      assert.equal(await server.stop(), 0);
      await rm(directory, { recursive: true });
    }
  });
});

describe("A server without walls", function () {
  this.timeout(240_000);

  it("says so in its log, on /readyz and as a metric, also when an ordinary user started it, and executes", async () => {
    const server = await startAsOrdinaryUser({ sandbox: "none" });
    const client = restClient(server.rest);
    try {
      assert.equal((await client.runCode(hello)).output, "Hello RunCode!\n");
      const endless = "package main\n\nfunc main() {\n\tfor {\n\t}\n}\n";
      // What waits for a job there is started from elsewhere.
      const programs = () => processesNaming(`/work/${server.pid}-`).filter((command) => /^\S+\/work\//.test(command));
      const hangUp = new AbortController();
      const call = assert.rejects(client.runCode(endless, { signal: hangUp.signal }));
      await eventually(() => assert.equal(programs().length, 1));
      hangUp.abort();
      await call;
      await eventually(() => assert.deepEqual(programs(), []));
      await server.logged(/WITHOUT WALLS/);
      const ready = (await (await fetch(`${server.rest}/readyz`)).json()) as { executor: Record<string, string> };
      assert.equal(ready.executor["tier"], "none");
      assert.match(ready.executor["warning"] ?? "", /WITHOUT WALLS/);
      const { resources } = ready.executor;
      assert.equal(await metric(server.metrics, `runner_sandbox_info{tier="none",resources="${resources}",seccomp="programs"}`), 1);
    } finally {
      assert.equal(await server.stop(), 0);
    }
  });
});

describe("A server that an ordinary user starts", function () {
  this.timeout(240_000);

  it("runs programs under rlimits alone, and infers an out-of-memory", async () => {
    const server = await startAsOrdinaryUser({ memory: "128MiB" });
    const client = restClient(server.rest);
    try {
      assert.equal((await server.logged("the executor is ready"))["resources"], "rlimits");
      assert.equal((await client.runCode(hello)).output, "Hello RunCode!\n");
      const grows =
        "package main\n\nfunc main() {\n\tvar all [][]byte\n\tfor {\n\t\tb := make([]byte, 1<<20)\n\t\tfor i := range b {\n\t\t\tb[i] = 1\n\t\t}\n\t\tall = append(all, b)\n\t}\n}\n";
      assert.match((await client.runCode(grows)).error, /memory limit of 128 MiB exceeded$/);
    } finally {
      assert.equal(await server.stop(), 0);
    }
  });
});

/** Root makes one for it. */
async function startAsOrdinaryUser(executor: Record<string, unknown>): Promise<Gorunner> {
  if (!isRoot) return Gorunner.start({ config: { executor: { cache_dir: cacheDir, ...executor } } });
  await prepareOrdinaryCache();
  return Gorunner.start({ config: { executor: { cache_dir: ordinaryCache, ...executor } }, user: ordinaryUser });
}
