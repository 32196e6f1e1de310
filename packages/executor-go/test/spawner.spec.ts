import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { aRequest, hello, program } from "@gorunner/core/contract";
import { GoExecutor } from "../src/index.js";
import { findBubblewrap } from "../src/sandbox/bubblewrap.js";
import { findResources } from "../src/sandbox/find-cgroups.js";
import { Spawner } from "../src/sandbox/spawner.js";
import { commandOf, descendants, leftovers } from "./host-leftovers.js";
import { executorOptions } from "./shared-executor.js";
import { supervisorBinary } from "./supervisor-binary.js";

const { cgroups } = await findResources({ mode: "auto", owner: `test-${process.pid}` });

const spawners = () => descendants().filter(({ command }) => command.includes(" spawner @gorunner-"));

/** This process's sandboxes, by their directories; also those that nobody of ours has started any more. */
const sandboxes = () =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => commandOf(pid))
    .filter((command) => command.includes(`/work/${process.pid}-`));

/** Resolves to the spawner's helper when a sandbox stands that waits for its program. */
async function onceReady(): Promise<number> {
  while (!sandboxes().some((command) => command.includes(" /app "))) await delay(20);
  const [helper] = spawners();
  assert.ok(helper !== undefined);
  return helper.pid;
}

/** Undefined for a process that has gone. A killed orphan stays as a zombie where pid 1 reaps nobody. */
function stateOf(pid: number): string | undefined {
  if (!existsSync(`/proc/${pid}`)) return undefined;
  return /^State:\t(.)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
}

describe("Spawner", function () {
  this.timeout(120_000);
  let spawner: Spawner;
  let supervisor = "";
  before(async () => {
    supervisor = await supervisorBinary();
    spawner = await Spawner.open(supervisor);
  });
  after(() => spawner.close());

  const shell = (script: string) => spawner.spawn({ command: "/bin/sh", args: ["-c", script], hasStatus: false });

  it("connects a process to us, without environment, and tells its pid and how it ended", async () => {
    const spawned = shell('echo "$$ $(env | grep -c .) $(pwd)" >&3; echo told >&2; exit 7');
    const control = await spawned.control;
    assert.ok(control !== undefined);
    const [pid, variables, directory] = (await text(control)).trim().split(" ");
    assert.equal(Number(pid), await spawned.firstPid);
    // PWD, which a shell makes.
    assert.deepEqual([variables, directory], ["1", "/"]);
    assert.deepEqual(await spawned.exited, { code: 7, said: "told\n" });
  });

  it("gives it nothing else that is open", async () => {
    const spawned = shell("ls /proc/self/fd >&3");
    const control = await spawned.control;
    assert.ok(control !== undefined);
    // 5 and 6, artifact and filter, are /dev/null; 7 and above would be somebody's, and one is that of the directory itself.
    assert.deepEqual((await text(control)).trim().split("\n"), ["0", "1", "2", "3", "4", "5", "6", "7"]);
    await spawned.exited;
  });

  it("gives it nothing of what the server was started with", async () => {
    const file = join(tmpdir(), `gorunner-secret-${process.pid}`);
    await writeFile(file, "secret");
    const server = createServer().listen(`\0gorunner-test-${process.pid}`);
    // bash, which knows descriptors of more than one digit.
    const script = `ulimit -n 4096; exec 9<"$1" 2000<"$1" 3000>>"$1"; exec "$0" spawner @gorunner-test-${process.pid}`;
    const helper = spawn("bash", ["-c", script, supervisor, file], { stdio: ["pipe", "ignore", "inherit"] });
    const connected = once(server, "connection") as Promise<[Socket]>;
    helper.stdin.write(JSON.stringify({ key: "k", command: "/bin/sh", args: ["-c", "ls /proc/self/fd >&3"] }));
    const [control] = await connected;
    assert.deepEqual((await text(control)).slice(1).trim().split("\n"), ["0", "1", "2", "3", "4", "5", "6", "7"]);
    helper.stdin.end();
    await once(helper, "close");
    server.close();
    await rm(file);
  });

  it("says why one can't be started", async () => {
    const spawned = spawner.spawn({ command: "/nowhere/bwrap", args: [], hasStatus: true });
    const { code, said } = await spawned.exited;
    assert.equal(code, -1);
    assert.match(said, /starting \/nowhere\/bwrap: no such file or directory/);
    assert.equal(await spawned.firstPid, undefined);
    (await spawned.control)?.destroy();
  });

  it("kills with its whole group, and only what still runs", async () => {
    const spawned = shell("sleep 1000 & sleep 1000");
    const pid = await spawned.firstPid;
    spawned.kill();
    const { signal } = await spawned.exited;
    assert.equal(signal, 9);
    spawned.kill();
    assert.throws(() => readFileSync(`/proc/${pid}/stat`), { code: "ENOENT" });
    (await spawned.control)?.destroy();
  });

  it("kills what it has not started yet", async () => {
    const spawned = shell("sleep 1000");
    spawned.kill();
    const { code, signal } = await spawned.exited;
    assert.ok(code === -1 || signal === 9, `${code} ${signal}`);
    (await spawned.control)?.destroy();
  });

  it("kills a sandbox by its first process, which bubblewrap reaps", async () => {
    const walls = ["--ro-bind", "/", "/", "--unshare-user", "--unshare-pid", "--as-pid-1", "--json-status-fd", "4"];
    const spawned = spawner.spawn({ command: await findBubblewrap(), args: [...walls, "--", "/bin/sleep", "1000"], hasStatus: true });
    const pid = await spawned.firstPid;
    spawned.kill();
    // Its own exit code for a child that a signal has ended, which it must have seen.
    assert.deepEqual(await spawned.exited, { code: 128 + 9, said: "" });
    assert.equal(existsSync(`/proc/${pid}`), false);
    (await spawned.control)?.destroy();
  });

  it("starts many at once, each with its own connection", async () => {
    const answers = Array.from({ length: 40 }, async (_, index) => {
      const spawned = shell(`echo ${index} >&3`);
      const control = await spawned.control;
      assert.ok(control !== undefined);
      assert.equal(await text(control), `${index}\n`);
      assert.equal((await spawned.exited).code, 0);
    });
    await Promise.all(answers);
  });

  if (cgroups !== undefined) {
    it("executes it in its control groups, and removes them with all that lives in them", async () => {
      const { directories } = cgroups.next();
      // One that is in no process group of its own any more.
      const away = "setsid sh -c 'echo away >&3; exec sleep 1000' 2>/dev/null";
      const script = `echo $$ >&3; read go <&3; ${away} & read go <&3; exit 0`;
      const spawned = spawner.spawn({
        ...{ command: "/bin/sh", args: ["-c", script], hasStatus: false },
        groups: directories,
      });
      const control = await spawned.control;
      assert.ok(control !== undefined);
      const [pid] = (await once(control, "data")) as [Buffer];
      assert.equal(Number(String(pid)), await spawned.firstPid);
      for (const directory of directories) assert.equal(readFileSync(join(directory, "cgroup.procs"), "utf8"), String(pid));
      control.write("go\n");
      await once(control, "data");
      control.write("go\n");
      assert.equal((await spawned.exited).code, 0);
      const [left] = readFileSync(join(directories[0] ?? "", "cgroup.procs"), "utf8").split("\n");
      assert.ok(Number(left) > 0);
      await spawned.removeGroups();
      for (const directory of directories) assert.equal(existsSync(directory), false);
      assert.ok([undefined, "Z"].includes(stateOf(Number(left))));
      await spawned.removeGroups();
      control.destroy();
    });
  }

  it("does not execute what it can't put into its control groups, and says why", async () => {
    const directory = await mkdtemp(join(tmpdir(), "gorunner-test-"));
    const group = join(directory, "no", "group");
    const spawned = spawner.spawn({ command: "/bin/sleep", args: ["1000"], hasStatus: false, groups: [group] });
    const { code, said } = await spawned.exited;
    assert.equal(code, 1);
    assert.match(said, /no\/group\/cgroup\.procs: (no such file or directory|permission denied)/);
    await spawned.removeGroups();
    assert.equal(existsSync(group), false);
    await writeFile(group, "");
    const refused = spawner.spawn({ command: "/bin/sleep", args: ["1000"], hasStatus: false, groups: [group] });
    assert.match((await refused.exited).said, /no\/group: not a directory/);
    await assert.rejects(refused.removeGroups(), ({ code, cause }) => code === "UNAVAILABLE" && /not a directory/.test(String(cause)));
    for (const { control } of [spawned, refused]) (await control)?.destroy();
    await rm(directory, { recursive: true });
  });

  it("gives nothing to a stranger who connects", async () => {
    const [helper] = spawners();
    const address = helper?.command.split(" @")[1];
    const stranger = connect({ path: `\0${address}` });
    stranger.write("0".repeat(32));
    assert.equal(await text(stranger), "");
  });
});

describe("An executor whose spawner dies", function () {
  this.timeout(120_000);

  it("tells what ran that its sandbox broke, and goes on with another", async () => {
    const executor = new GoExecutor(executorOptions({ warmSandboxes: 1 }));
    try {
      await executor.prepare();
      const started = Promise.withResolvers<void>();
      const endless = executor.execute(aRequest(program([], 'println("begun")', "for {}")), { onEvent: () => started.resolve() });
      const broken = assert.rejects(endless, { code: "UNAVAILABLE", message: /^the sandbox broke: what starts sandboxes has died$/ });
      await started.promise;
      for (const { pid } of spawners()) process.kill(pid, "SIGKILL");
      await broken;
      const again = await executor.execute(aRequest(hello));
      assert.equal(again.outcome, "ok");
    } finally {
      await executor.close();
    }
    assert.deepEqual(spawners(), []);
  });

  it("ends all that was being started or run, loses no place, and leaves nothing", async () => {
    const executor = new GoExecutor(executorOptions({ concurrency: 2, queue: 100, warmSandboxes: 0 }));
    try {
      await executor.prepare();
      for (let round = 0; round < 12; round++) {
        const runs = [1, 2].map((index) => executor.execute(aRequest(program([], `println(${round}, ${index})`))));
        const settled = Promise.allSettled(runs);
        // At another moment of its start each time.
        await delay(round);
        for (const { pid } of spawners()) process.kill(pid, "SIGKILL");
        for (const run of await settled) {
          if (run.status === "rejected") assert.equal(run.reason.code, "UNAVAILABLE", String(run.reason));
        }
      }
      const after = await Promise.all([1, 2].map(() => executor.execute(aRequest(hello))));
      assert.deepEqual(
        after.map(({ outcome }) => outcome),
        ["ok", "ok"],
      );
    } finally {
      await executor.close();
    }
    const { directories, cgroups: groups } = await leftovers();
    assert.deepEqual({ directories, groups, processes: sandboxes() }, { directories: [], groups: [], processes: [] });
  });

  it("closes also while the spawner does not answer, and ends what was starting", async () => {
    const executor = new GoExecutor(executorOptions({ warmSandboxes: 0 }));
    await executor.prepare();
    await executor.execute(aRequest(hello));
    const [helper] = spawners();
    assert.ok(helper !== undefined);
    process.kill(helper.pid, "SIGSTOP");
    const refused = assert.rejects(executor.execute(aRequest(program([], "println(5)"))), { code: "UNAVAILABLE" });
    await delay(100);
    await executor.close();
    await refused;
    assert.deepEqual([spawners(), sandboxes()], [[], []]);
  });

  it("closes also while the spawner does not answer, and ends what waits for its program", async () => {
    const executor = new GoExecutor(executorOptions({ warmSandboxes: 1 }));
    await executor.prepare();
    await executor.execute(aRequest(hello));
    const helper = await onceReady();
    process.kill(helper, "SIGSTOP");
    const begun = performance.now();
    const refused = assert.rejects(executor.execute(aRequest(hello)), { code: "UNAVAILABLE" });
    await delay(100);
    await executor.close();
    await refused;
    // Before, it waited for as long as the helper did not answer. Some 3 s, in which that is expected to.
    assert.ok(performance.now() - begun < 30_000);
    assert.deepEqual([spawners(), sandboxes()], [[], []]);
  });

  it("holds up nobody who cancels", async () => {
    const executor = new GoExecutor(executorOptions({ warmSandboxes: 0 }));
    try {
      await executor.prepare();
      await executor.execute(aRequest(hello));
      const [helper] = spawners();
      assert.ok(helper !== undefined);
      process.kill(helper.pid, "SIGSTOP");
      try {
        const controller = new AbortController();
        const cancelled = executor.execute(aRequest(program([], "println(4)")), { signal: controller.signal });
        setTimeout(() => controller.abort(), 100);
        await assert.rejects(cancelled, { code: "CANCELLED" });
      } finally {
        process.kill(helper.pid, "SIGCONT");
      }
      assert.equal((await executor.execute(aRequest(hello))).outcome, "ok");
    } finally {
      await executor.close();
    }
  });
});
