import assert from "node:assert/strict";
import { chmod, mkdtemp, rm, symlink } from "node:fs/promises";
import { createServer, type Server as TcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PostgresDatabase, parseStoreUri } from "@gorunner/adapters-storage";
import { RunnerError, silentLogger } from "@gorunner/core";
import { startPostgres } from "@gorunner/testing";
import { aServer, cacheDir, call, executions, hello, post, ready, sleeps, type TestedServer, until } from "./a-server.js";

/** Listens on a port of 127.0.0.1, if it is free. */
const occupy = (port: number) =>
  new Promise<TcpServer>((resolve, reject) => {
    const server: TcpServer = createServer()
      .once("error", reject)
      .listen(port, "127.0.0.1", () => resolve(server));
  });

const release = (server: TcpServer) => new Promise((resolve) => server.close(resolve));

const portOf = (server: TcpServer) => {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : assert.fail("no port");
};

describe("Server", function () {
  // A machine that never ran a Go program compiles a part of the standard library first.
  this.timeout(120_000);
  const running: TestedServer[] = [];
  const tested = (...args: Parameters<typeof aServer>) => {
    const server = aServer(...args);
    running.push(server);
    return server;
  };
  afterEach(async () => {
    for (const { server } of running.splice(0)) await server.stop();
  });

  it("lives at once, is ready when the sandbox is proven, and serves", async () => {
    const { start, log } = tested();
    const { url, metrics } = await start();
    assert.deepEqual(await call(`${url}/healthz`), { status: 200, body: { status: "ok" } });
    await ready(url);
    assert.equal((await post(`${url}/run`, hello)).body["output"], "hello\n");
    const shared = await post(`${url}/share`, hello);
    assert.equal((await call(`${url}/shared/${shared.body["id"]}`)).body["output"], "hello\n");
    assert.match(await (await fetch(`http://127.0.0.1:${metrics?.port}/metrics`)).text(), /^runner_sandbox_info\{.*tier="bubblewrap"/m);
    assert.ok(log.includes("info ready"), log.join("\n"));
  });

  it("frees every port when it stops", async () => {
    const { start, server } = tested();
    const { grpc, http, metrics } = await start();
    await server.stop();
    for (const at of [grpc, http, metrics]) await release(await occupy(at?.port ?? 0));
  });

  it("can be stopped at once, and twice", async () => {
    const { start, server } = tested();
    await start();
    await Promise.all([server.stop(), server.stop()]);
  });

  it("while it drains, answers what it has accepted, reads, and refuses what is new", async () => {
    const { start, server } = tested();
    const { url, metrics } = await start();
    await ready(url);
    const { body } = await post(`${url}/share`, hello);
    const accepted = Array.from({ length: 10 }, () => post(`${url}/run`, sleeps(1000)));
    await until(
      () => executions(metrics),
      (count) => count === accepted.length,
    );

    const stopped = server.stop();
    assert.equal((await post(`${url}/run`, hello)).status, 503);
    assert.equal((await call(`${url}/shared/${body["id"]}`)).status, 200);
    assert.deepEqual(await call(`${url}/readyz`), { status: 503, body: { status: "unavailable", reason: "draining" } });
    for (const answer of await Promise.all(accepted)) assert.deepEqual([answer.status, answer.body["output"]], [200, "slept\n"]);
    await stopped;
    await assert.rejects(fetch(`${url}/healthz`));
  });

  it("cancels what still runs after shutdown_timeout", async () => {
    const { start, server, log } = tested({ RUNNER_SHUTDOWN_TIMEOUT: "200ms", RUNNER_EXECUTOR_RUN_TIMEOUT: "10m" });
    const { url, metrics } = await start();
    await ready(url);
    const run = post(`${url}/run`, sleeps(600_000));
    await until(
      () => executions(metrics),
      (count) => count === 1,
    );
    await server.stop();
    assert.equal((await run).status, 503);
    assert.ok(log.includes("warn cancelling what still runs"), log.join("\n"));
  });

  for (const [key, variable, value] of [
    ["grpc.port", "RUNNER_GRPC_PORT", (port: number) => `${port}`],
    ["http.port", "RUNNER_HTTP_PORT", (port: number) => `${port}`],
    ["prometheus_addr", "RUNNER_PROMETHEUS_ADDR", (port: number) => `127.0.0.1:${port}`],
  ] as const) {
    it(`names ${key} when its port is in use, and closes what it has opened`, async () => {
      const occupant = await occupy(0);
      try {
        const other = await occupy(0);
        const free = portOf(other);
        await release(other);
        const otherVariable = key === "grpc.port" ? "RUNNER_HTTP_PORT" : "RUNNER_GRPC_PORT";
        const { start } = tested({ [otherVariable]: `${free}`, [variable]: value(portOf(occupant)) });
        await assert.rejects(
          start(),
          (error) => error instanceof RunnerError && error.message.startsWith(`${key}: `) && /in use/.test(error.message),
        );
        await release(await occupy(free));
      } finally {
        await release(occupant);
      }
    });
  }

  it("reads on without an executor, says why, and executes when that is mended", async () => {
    const directory = await mkdtemp(join(tmpdir(), "gorunner-server-test-"));
    const cache = join(directory, "cache");
    // A server that is root starts sandboxes as other users.
    await chmod(directory, 0o755);
    try {
      await symlink("/dev/null/nowhere", cache);
      const { start, server, log } = tested({ RUNNER_EXECUTOR_CACHE_DIR: cache }, { executorRetryMs: 50 });
      const { url } = await start();
      const broken = await until(
        () => call(`${url}/readyz`),
        ({ body }) => String(body["reason"]).startsWith("executor failed"),
      );
      assert.match(String(broken.body["reason"]), /can't be written; set executor\.cache_dir/);
      assert.equal((await post(`${url}/run`, hello)).status, 503);
      assert.equal((await call(`${url}/shared/1`)).status, 404);
      await rm(cache);
      await symlink(cacheDir, cache);
      await ready(url);
      assert.equal(log.filter((line) => line.startsWith("error")).length, 1, log.join("\n"));
      await server.stop();
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });

  it("starts before its database does", async () => {
    const postgres = await startPostgres();
    await postgres.stop();
    const { start, server, log } = tested({ RUNNER_DB_URI: `${postgres.url}?sslmode=disable`, RUNNER_DB_TIMEOUT: "1s" });
    try {
      const { url } = await start();
      const down = await until(
        () => call(`${url}/readyz`),
        ({ body }) => !String(body["reason"]).startsWith("executor"),
      );
      assert.equal(down.status, 503);
      assert.equal((await call(`${url}/shared/1`)).status, 503);
      await postgres.start();
      await ready(url);
      assert.equal((await call(`${url}/shared/1`)).status, 404);
      assert.equal(log.filter((line) => line.startsWith("warn the store can't be used yet")).length, 1, log.join("\n"));
    } finally {
      await server.stop();
      await postgres.stop();
    }
  });

  it("lives while it waits for another's migration, is ready after it, and can be stopped meanwhile", async () => {
    const postgres = await startPostgres();
    const env = { RUNNER_DB_URI: `${postgres.url}?sslmode=disable` };
    const { start, server, log } = tested(env);
    const another = tested(env);
    const location = parseStoreUri(postgres.url);
    assert.ok(location.kind === "postgres");
    const database = new PostgresDatabase(location, { poolSize: 1, timeoutMs: 5000, logger: silentLogger });
    const [begun, over] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const migrating = database.transaction(async (client) => {
      await client.query("select pg_advisory_xact_lock(7453301757010929010)");
      begun.resolve();
      await over.promise;
    });
    await Promise.race([begun.promise, migrating]);
    try {
      const [{ url }, other] = await Promise.all([start(), another.start()]);
      assert.equal((await call(`${other.url}/healthz`)).status, 200);
      assert.ok(
        log.some((line) => line.startsWith("warn the store's migration takes its time")),
        log.join("\n"),
      );
      const waiting = await until(
        () => call(`${url}/readyz`),
        ({ body }) => !String(body["reason"]).startsWith("executor"),
      );
      assert.equal(waiting.status, 503);
      const stopping = performance.now();
      await another.server.stop();
      // The lock would be waited for a minute.
      assert.ok(performance.now() - stopping < 15_000);
      assert.deepEqual([another.fatal, another.log.filter((line) => line.startsWith("error"))], [[], []]);
      over.resolve();
      await ready(url);
    } finally {
      over.resolve();
      await migrating;
      await database.close();
      await Promise.all([server.stop(), another.server.stop()]);
      await postgres.stop();
    }
  });
});
