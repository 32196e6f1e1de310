import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { freePort, startRedis, testPostgres, testRedis } from "@gorunner/testing";

interface Told {
  pid: number;
  directory: string;
}

describe("servers for tests", () => {
  for (const signal of ["SIGKILL", "SIGTERM"] as const) {
    it(`are gone with their directories when the process that started them gets ${signal}`, async () => {
      const servers = await startedBy(`process.kill(process.pid, "${signal}"); setInterval(() => {}, 1000);`);
      await eventually(() => assert.deepEqual(servers.filter(isLeft), []));
    });
  }

  it("are gone when the process ends by itself, which they do not delay, and when one is frozen", async () => {
    const servers = await startedBy("redis.pause(); postgres.pause();");
    await eventually(() => assert.deepEqual(servers.filter(isLeft), []));
  });

  it("stop, and start again on the same port; a second stop does nothing", async () => {
    const redis = await startRedis();
    const { pid, port } = redis;
    await redis.stop();
    await redis.stop();
    assert.throws(() => redis.pid, /not running/);
    await redis.start();
    assert.notEqual(redis.pid, pid);
    assert.equal(redis.port, port);
    await canConnect(port);
    await redis.kill();
  });

  it("are one for the whole test run, or the one that the environment names", async () => {
    assert.equal(await testPostgres(), await testPostgres());
    assert.equal(await testRedis(), await testRedis());
  });

  it("a server that is not installed is an error that says what to do", async () => {
    const path = process.env["PATH"];
    process.env["PATH"] = "/no/such/directory";
    try {
      await assert.rejects(startRedis(), /no redis-server found .*apt-get install redis-server.*TEST_REDIS_URL/);
    } finally {
      process.env["PATH"] = path;
    }
  });

  it("a free port can be listened on", async () => {
    const ports = await Promise.all(Array.from({ length: 5 }, freePort));
    for (const port of ports) assert.ok(port > 0 && port < 65536);
  });
});

/** Starts both servers in a process that then does `ending`. @returns what it started. */
async function startedBy(ending: string): Promise<Told[]> {
  const script = `
    import { startPostgres, startRedis } from "@gorunner/testing";
    const [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
    const told = [postgres, redis].map(({ pid, directory }) => ({ pid, directory }));
    await new Promise((resolve) => process.stdout.write(JSON.stringify(told), resolve));
    ${ending}`;
  const child = spawn(process.execPath, ["--import=tsx", "--input-type=module", "--eval", script], {
    cwd: new URL("..", import.meta.url),
    stdio: ["ignore", "pipe", "inherit"],
  });
  let told = "";
  for await (const chunk of child.stdout.setEncoding("utf8")) told += chunk;
  return JSON.parse(told);
}

const isLeft = ({ pid, directory }: Told) => existsSync(`/proc/${pid}`) || existsSync(directory);

async function canConnect(port: number): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  socket.destroy();
}

async function eventually(assertion: () => void): Promise<void> {
  const deadline = performance.now() + 30_000;
  for (;;) {
    try {
      return assertion();
    } catch (failure) {
      if (performance.now() > deadline) throw failure;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
