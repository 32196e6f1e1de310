import assert from "node:assert/strict";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { SqliteDatabase } from "@gorunner/adapters-storage";
import { ended, gorunner, said, start } from "../command-line.js";
import { call, executions, post, ready, sleeps, until } from "../lifecycle/a-server.js";
import { temporaryDirectory } from "../temporary-directory.js";

const freePorts = { RUNNER_GRPC_PORT: "0", RUNNER_HTTP_PORT: "0", RUNNER_PROMETHEUS_ADDR: "127.0.0.1:0" };

describe("gorunner serve", function () {
  // A machine that never ran a Go program compiles a part of the standard library first.
  this.timeout(120_000);
  const directory = temporaryDirectory();
  const children: ChildProcessWithoutNullStreams[] = [];
  const serve = (env: Record<string, string> = {}, args: string[] = []) => {
    const child = start(["serve", ...args], { directory: directory(), env: { ...freePorts, ...env } });
    children.push(child);
    return { child, end: ended(child) };
  };
  afterEach(async () => {
    for (const child of children.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill("SIGKILL");
      await once(child, "exit");
    }
  });
  const urlIn = (text: string) => /http:\/\/127\.0\.0\.1:\d+/.exec(text)?.[0] ?? assert.fail(text);

  it("prints its URLs and one curl to try, which works; SIGTERM ends it with exit code 0", async () => {
    const { child, end } = serve();
    const printed = await said(child.stdout, /curl .*'\n/);
    const [, url = "", body = ""] = /^ {2}curl -s (\S+) -d '(.*)'$/m.exec(printed) ?? assert.fail(printed);
    for (const line of [/^ {2}REST +http:/m, /^ {2}gRPC +127\.0\.0\.1:\d+$/m, /^ {2}metrics +http:.*\/metrics$/m])
      assert.match(printed, line);
    const answer = await call(url, { method: "POST", body, headers: { "content-type": "application/x-www-form-urlencoded" } });
    assert.deepEqual([answer.status, answer.body["output"]], [200, "Hello RunCode!\n"]);
    child.kill("SIGTERM");
    const { exitCode, stderr } = await end;
    assert.deepEqual([exitCode, stderr], [0, ""]);
  });

  it("keeps snippets from one start to the next", async () => {
    const first = serve();
    const url = urlIn(await said(first.child.stdout, /curl /));
    await ready(url);
    const { body } = await post(`${url}/share`, "package main\nfunc main() {}\n");
    first.child.kill("SIGINT");
    assert.equal((await first.end).exitCode, 0);
    const second = serve();
    const again = urlIn(await said(second.child.stdout, /curl /));
    assert.equal((await call(`${again}/shared/${body["id"]}`)).status, 200);
    second.child.kill("SIGTERM");
    assert.equal((await second.end).exitCode, 0);
  });

  it("takes a signal that arrives twice as one, and answers what runs", async () => {
    const { child, end } = serve();
    const printed = await said(child.stdout, /curl /);
    const url = urlIn(printed);
    const metrics = { port: Number(/:(\d+)\/metrics/.exec(printed)?.[1]) };
    await ready(url);
    const answered = post(`${url}/run`, sleeps(1500)).then(({ status }) => status);
    await until(
      () => executions(metrics),
      (count) => count === 1,
    );
    child.kill("SIGTERM");
    child.kill("SIGTERM");
    assert.equal(await answered, 200);
    assert.equal((await end).exitCode, 0);
  });

  it("can be stopped while its executor is prepared", async () => {
    const { child, end } = serve({ RUNNER_ENV: "prod" });
    await said(child.stdout, /"listening"/);
    child.kill("SIGTERM");
    assert.equal((await end).exitCode, 0);
  });

  it("logs JSON lines to stdout in prod, each of a request with its id, none with its code", async () => {
    const { child, end } = serve({ RUNNER_ENV: "prod", RUNNER_APP_SECRET: "hunter2-hunter2" });
    const listening = await said(child.stdout, /"listening".*\n/);
    const url = urlIn(listening);
    await ready(url);
    await call(`${url}/run`, { method: "POST", body: '{"code": "package secretive"}', headers: { "x-request-id": "my-request" } });
    child.kill("SIGTERM");
    const { exitCode, stdout, stderr } = await end;
    assert.deepEqual([exitCode, stderr], [0, ""]);
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.ok(
      lines.some((line) => line["requestId"] === "my-request" && line["method"] === "RunCode"),
      stdout,
    );
    assert.ok(lines.every((line) => typeof line["time"] === "string" && typeof line["msg"] === "string"));
    assert.equal(lines.at(-1)?.["msg"], "stopped");
    assert.doesNotMatch(stdout, /hunter2|secretive/);
  });

  it("warns of what is odd in the configuration", async () => {
    await writeFile(join(directory(), "odd.yaml"), "grpc: { prot: 1, host: 127.0.0.1 }\nhttp: { host: 127.0.0.1 }\n");
    const { child, end } = serve({}, ["--config", "odd.yaml"]);
    const printed = await said(child.stdout, /curl /);
    assert.match(printed, /WARN: configuration: unknown key grpc\.prot; did you mean grpc\.port\?/);
    child.kill("SIGTERM");
    assert.equal((await end).exitCode, 0);
  });

  it("tells which port is in use, with exit code 1", async () => {
    const occupant = createServer();
    await new Promise<void>((resolve) => occupant.listen(0, "127.0.0.1", resolve));
    const address = occupant.address();
    const port = typeof address === "object" && address !== null ? address.port : assert.fail("no port");
    const { end } = serve({ RUNNER_HTTP_PORT: `${port}` });
    const { exitCode, stderr } = await end;
    await new Promise((resolve) => occupant.close(resolve));
    assert.equal(exitCode, 1);
    assert.match(stderr, new RegExp(`^gorunner: http\\.port: .*${port}.* in use.*\\n$`));
  });

  it("leaves the schema alone with --no-migrate, and is not ready then", async () => {
    const { child, end } = serve({}, ["--no-migrate"]);
    const url = urlIn(await said(child.stdout, /curl /));
    const state = await call(`${url}/readyz`);
    assert.equal(state.status, 503);
    child.kill("SIGTERM");
    assert.equal((await end).exitCode, 0);
    const { stdout } = await gorunner(["migrate", "status"], { directory: directory() });
    assert.match(stdout, / pending\n/);
  });

  it("refuses a database of a newer version, with --no-migrate too; so does doctor", async () => {
    const { exitCode } = await gorunner(["migrate", "up"], { directory: directory() });
    assert.equal(exitCode, 0);
    const database = await SqliteDatabase.open({ path: join(directory(), ".runner", "runner.db"), timeoutMs: 1000 });
    await database.changes("insert into gorunner_migrations values ('9999-from-the-future', 0)");
    database.close();
    for (const args of [[], ["--no-migrate"]]) {
      const end = await serve({}, args).end;
      assert.equal(end.exitCode, 1);
      assert.match(end.stderr, /9999-from-the-future.*newer version/);
    }
    const { stdout } = await gorunner(["doctor"], { directory: directory() });
    assert.match(stdout, /^FAIL {2}store .*9999-from-the-future/m);
  });

  it("serves on when nobody reads its log any more", async () => {
    const { child, end } = serve();
    const url = urlIn(await said(child.stdout, /curl /));
    child.stdout.destroy();
    await ready(url);
    assert.equal((await post(`${url}/run`, "package main\nfunc main() {}\n")).status, 200);
    child.kill("SIGTERM");
    assert.equal((await end).exitCode, 0);
  });
});
