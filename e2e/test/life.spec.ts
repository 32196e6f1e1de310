import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type Client, clientsOf, grpcClient } from "../support/clients.js";
import { cacheDir, Gorunner } from "../support/gorunner.js";
import { eventually, processesNaming, programs, sandboxProcesses, survivors } from "../support/host.js";
import { metric } from "../support/metrics.js";
import { hello, sleeps } from "../support/programs.js";

const endless = "package main\n\nfunc main() {\n\tfor {\n\t}\n}\n";

/** What bears the name of a server's process on this host: in the cache directory, and as control groups. */
async function leftBy(pid: number): Promise<{ files: string[]; cgroups: string[] }> {
  const named = async (directory: string) => {
    const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return [];
      throw error;
    });
    return names.filter((name) => name.startsWith(`${pid}-`));
  };
  const groups = ["memory/gorunner", "pids/gorunner", "cpu/gorunner", "gorunner"].map((name) => join("/sys/fs/cgroup", name));
  return { files: await named(join(cacheDir, "work")), cgroups: (await Promise.all(groups.map(named))).flat() };
}

/** Resolves when the program of a call is running in its sandbox. */
const programRuns = (server: Gorunner, count = 1) => eventually(() => assert.equal(programs(server.pid).length, count));

describe("A client that hangs up", function () {
  this.timeout(120_000);
  let server: Gorunner;
  let clients: Client[];
  before(async () => {
    server = await Gorunner.start();
    clients = clientsOf(server);
  });
  after(async () => {
    for (const client of clients) client.close();
    assert.equal(await server.stop(), 0);
  });

  for (const index of [0, 1]) {
    it(`kills its run within 250 ms over ${["gRPC", "REST"][index]} (asserted ten times as wide), and frees the slot`, async () => {
      const client = clients[index];
      assert.ok(client !== undefined);
      const controller = new AbortController();
      const call = client.runCode(endless, { signal: controller.signal });
      await programRuns(server);
      const start = performance.now();
      controller.abort();
      await assert.rejects(call);
      await eventually(() => assert.deepEqual(programs(server.pid), []), 2_500);
      assert.ok(performance.now() - start < 2_500);
      await eventually(async () => assert.equal(await metric(server.metrics, "runner_executions_in_flight"), 0));
      assert.equal((await client.runCode(hello)).output, "Hello RunCode!\n");
    });
  }

  it("is measured as CANCELLED", async () => {
    await eventually(async () => {
      for (const transport of ["grpc", "http"]) {
        assert.equal(await metric(server.metrics, `runner_requests_total{transport="${transport}",method="RunCode",code="CANCELLED"}`), 1);
      }
    });
  });
});

describe("Stopping a server", function () {
  this.timeout(120_000);

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    it(`${signal} with ten runs in flight: they answer, new ones are UNAVAILABLE, and it exits 0 within its grace`, async () => {
      const server = await Gorunner.start({ config: { executor: { cache_dir: cacheDir, concurrency: 10 } } });
      const clients = clientsOf(server);
      const late = clientsOf(server);
      // A connection of its own that is open before the signal, so that only the refusal itself is seen.
      for (const client of late) await client.runCode(hello);
      const inFlight = Array.from({ length: 10 }, (_, index) => clients[index % 2]?.runCode(sleeps(2500, `answer ${index}`)));
      await eventually(async () => assert.equal(await metric(server.metrics, "runner_executions_in_flight"), 10));
      const sandboxes = sandboxProcesses(server.pid);
      server.kill(signal);
      await server.logged("stopping");
      for (const client of late) await assert.rejects(client.runCode(hello), { code: "UNAVAILABLE" });
      assert.equal((await fetch(`${server.rest}/readyz`)).status, 503);
      const answers = await Promise.all(inFlight);
      assert.deepEqual(
        answers.map((answer) => answer?.output),
        Array.from({ length: 10 }, (_, index) => `answer ${index}\n`),
      );
      assert.equal(await server.exited(), 0);
      for (const client of [...clients, ...late]) client.close();
      assert.deepEqual(survivors(sandboxes), []);
      await server.stop();
    });
  }

  it("what does not end within the grace is cancelled as UNAVAILABLE, and it still exits 0", async () => {
    const server = await Gorunner.start({ config: { shutdown_timeout: "300ms", executor: { cache_dir: cacheDir, run_timeout: "60s" } } });
    const clients = clientsOf(server);
    const calls = clients.map((client) => client.runCode(endless));
    const refusals = calls.map((call) => assert.rejects(call, { code: "UNAVAILABLE" }));
    await programRuns(server, 2);
    const sandboxes = sandboxProcesses(server.pid);
    server.kill("SIGTERM");
    await Promise.all(refusals);
    assert.equal(await server.stop(), 0);
    for (const client of clients) client.close();
    assert.deepEqual(survivors(sandboxes), []);
  });

  it("a signal that arrives twice at once counts as one", async () => {
    const server = await Gorunner.start();
    const client = grpcClient(server.grpc);
    const call = client.runCode(sleeps(1000));
    await programRuns(server);
    server.kill("SIGTERM");
    server.kill("SIGTERM");
    assert.equal((await call).output, "slept\n");
    assert.equal(await server.stop(), 0);
    client.close();
  });

  it("a server that is killed outright takes its sandboxes with it", async () => {
    const server = await Gorunner.start();
    const client = grpcClient(server.grpc);
    const call = assert.rejects(client.runCode(endless));
    await programRuns(server);
    const sandboxes = sandboxProcesses(server.pid);
    server.kill("SIGKILL");
    await call;
    await eventually(() => assert.deepEqual(survivors(sandboxes), []));
    client.close();
    await server.stop();
  });

  it("the next start clears what a killed one left, and nothing of one that lives", async () => {
    const [killed, living] = [await Gorunner.start(), await Gorunner.start()];
    const [victim, neighbour] = [grpcClient(killed.grpc), grpcClient(living.grpc)];
    const call = assert.rejects(victim.runCode(endless));
    await programRuns(killed);
    // What only a server that is killed at once leaves: the directory of a run, and its control groups.
    killed.kill("SIGKILL");
    await call;
    await killed.exited();
    const ofKilled = await leftBy(killed.pid);
    const ofLiving = await leftBy(living.pid);
    assert.notDeepEqual(ofKilled.files, []);
    assert.notDeepEqual(ofLiving.files, []);

    // Also one that has no control groups itself.
    const next = await Gorunner.start({ config: { executor: { cache_dir: cacheDir, resources: "rlimits" } } });
    assert.deepEqual(await leftBy(killed.pid), { files: [], cgroups: [] });
    assert.deepEqual(processesNaming(` spawner @gorunner-${killed.pid}-`), []);
    assert.equal(processesNaming(` spawner @gorunner-${living.pid}-`).length, 1);
    for (const file of ofLiving.files) assert.ok((await leftBy(living.pid)).files.includes(file), file);
    assert.equal((await neighbour.runCode(hello)).output, "Hello RunCode!\n");
    for (const client of [victim, neighbour]) client.close();
    await Promise.all([killed, living, next].map((server) => server.stop()));
    for (const { pid } of [living, next]) assert.deepEqual(await leftBy(pid), { files: [], cgroups: [] });
  });
});
