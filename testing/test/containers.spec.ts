/** The servers of the contract kits, wherever these tests run: in containers where Docker can be had, else local. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freshDatabase, freshRedis, testCacheDirectory } from "@gorunner/testing";
import { startDockerd } from "../src/containers/dockerd.mjs";

interface Told {
  postgres: string;
  redis: string;
}

describe("servers for the contract kits", function () {
  this.timeout(180_000);
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "gorunner-keepers-"));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it("are gone, with the Docker that was started for them, when the tests are killed", async () => {
    const before = traces();
    const { told, lines } = await started({ ending: 'process.kill(process.pid, "SIGKILL");', env: { GORUNNER_TEST_KEEPERS: directory } });
    for (const server of ["PostgreSQL", "Redis"]) {
      assert.ok(
        lines.some((line) => new RegExp(`${server}: (a container of|a local server|the server that)`).test(line)),
        lines.join("\n"),
      );
    }
    await eventually(async () => {
      assert.deepEqual(readdirSync(directory), []);
      await assert.rejects(freshDatabase(Promise.resolve({ url: told.postgres })));
    });
    assert.deepEqual(
      traces().filter((trace) => !before.includes(trace)),
      [],
    );
  });

  it("take the Docker that runs, and leave it running without their containers", async () => {
    const running = await startDockerd(testCacheDirectory).catch((failure: Error) => failure);
    // Where none can be started there is none to leave running, and the servers are local.
    const env = {
      DOCKER_HOST: running instanceof Error ? "unix:///no/such/socket" : running.host,
      TESTCONTAINERS_HOST_OVERRIDE: "127.0.0.1",
    };
    try {
      const { lines } = await started({ ending: "", env: { ...env, GORUNNER_TEST_KEEPERS: directory }, while: works });
      assert.match(
        lines.join("\n"),
        running instanceof Error ? /a local server; no Docker answers/ : /a container of .* by the Docker that runs here/,
      );
      if (running instanceof Error) return;
      await eventually(async () => assert.deepEqual(readdirSync(directory), []));
      assert.deepEqual(await containersOf(new URL(running.host).pathname), []);
    } finally {
      if (!(running instanceof Error)) await running.stop();
    }
  });

  it("are local where Docker can't be had, and work", async () => {
    const env = { DOCKER_HOST: "unix:///no/such/socket" };
    const { lines } = await started({ ending: "", env, while: works });
    assert.match(lines.join("\n"), /PostgreSQL: a local server; no Docker answers/);
    assert.match(lines.join("\n"), /Redis: a local server; no Docker answers/);
  });

  it("are local where that is asked for, and nobody looks for Docker", async () => {
    const { lines } = await started({ ending: "", env: { GORUNNER_TEST_SERVERS: "local" }, while: works });
    assert.match(lines.join("\n"), /PostgreSQL: a local server, as GORUNNER_TEST_SERVERS asks/);
  });
});

async function works({ postgres, redis }: Told): Promise<void> {
  await (await freshDatabase(Promise.resolve({ url: postgres }))).drop();
  await (await freshRedis(Promise.resolve({ url: redis }))).drop();
}

/** Starts the servers in a process of its own, does something with them, and then lets the process do `ending`. */
async function started(options: { ending: string; env: Record<string, string>; while?: (told: Told) => Promise<void> }) {
  const script = `
    import { kitPostgres, kitRedis } from "@gorunner/testing";
    const [postgres, redis] = await Promise.all([kitPostgres(), kitRedis()]);
    const told = { postgres: postgres.url, redis: redis.url };
    await new Promise((resolve) => process.stdout.write(JSON.stringify(told) + "\\n", resolve));
    for await (const _ of process.stdin);
    ${options.ending}`;
  const { TEST_DATABASE_URL: _postgres, TEST_REDIS_URL: _redis, ...env } = process.env;
  const child = spawn(process.execPath, ["--import=tsx", "--input-type=module", "--eval", script], {
    cwd: new URL("..", import.meta.url),
    env: { ...env, ...options.env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  let output = "";
  const told = new Promise<Told>((resolve, reject) => {
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      const line = output.split("\n").find((candidate) => candidate.startsWith("{"));
      if (line?.endsWith("}")) resolve(JSON.parse(line));
    });
    child.stdout.on("close", () => reject(new Error(`the servers did not start: ${output}`)));
  });
  try {
    await options.while?.(await told);
    return { told: await told, lines: output.split("\n") };
  } finally {
    child.stdin.end();
    await ended;
  }
}

/** What a Docker of the tests' own would leave. */
const traces = () => [
  ...readdirSync("/sys/class/net").filter((name) => name.startsWith("gorunner-kit")),
  ...readdirSync(tmpdir()).filter((name) => name.startsWith("gorunner-docker-")),
];

/** All containers of the Docker at that socket, running or not. */
function containersOf(socketPath: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    get({ socketPath, path: "/containers/json?all=1" }, async (response) => {
      let body = "";
      for await (const piece of response) body += piece;
      resolve(JSON.parse(body));
    }).on("error", reject);
  });
}

async function eventually(assertion: () => Promise<void>): Promise<void> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    try {
      return await assertion();
    } catch (failure) {
      if (performance.now() > deadline) throw failure;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
