import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmod, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { RunnerError } from "@gorunner/core";
import { aRequest, hello, program } from "@gorunner/core/contract";
import { GoExecutor } from "../src/index.js";
import { maxEvents } from "../src/run/output.js";
import { type Leftovers, leftovers, sandboxProcesses } from "./host-leftovers.js";
import { executorOptions } from "./shared-executor.js";

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("utf8");
const isError = (code: RunnerError["code"]) => (error: unknown) => error instanceof RunnerError && error.code === code;
const printsAndStays = program(["fmt"], 'fmt.Println("started")', "for {}");

describe("GoExecutor on this host", function () {
  this.timeout(120_000);
  let executor: GoExecutor;
  before(async () => {
    // None started ahead: what is there after an execution is what it has left.
    executor = new GoExecutor(executorOptions({ warmSandboxes: 0 }));
    await executor.prepare();
    const { tier, resources, toolchain } = executor.status();
    console.info(`      in force: ${toolchain}, ${tier}, ${resources}, uid ${process.getuid?.()}`);
  });
  after(() => executor.close());

  it("leaves no process, directory, control group or descriptor behind, however an execution ends", async () => {
    const endings = [
      aRequest(hello),
      aRequest("package main\nfunc main() { undefined() }\n"),
      aRequest(program([], "for {}"), { limits: { runTimeoutMs: 100 } }),
      aRequest(hello, { limits: { buildTimeoutMs: 1 } }),
      aRequest(program(["os"], 'for { os.Stdout.WriteString("flood") }'), { limits: { outputBytes: 1000 } }),
      aRequest(program(["os", "syscall"], "syscall.Kill(-1, syscall.SIGKILL)", "os.Exit(0)")),
    ];
    const all = () => Promise.all(endings.map((request) => executor.execute(request)));
    // Once to make what is kept for good: a lock for each user id.
    await all();
    await settled();
    const before = await leftovers();
    await all();
    await assertNothingMore(before);
  });

  it("an execution that is cancelled, whenever, leaves nothing behind", async () => {
    await executor.execute(aRequest(hello));
    await settled();
    const before = await leftovers();
    for (const afterMs of [0, 1, 3, 6, 10, 20, 40, 80, 160, 320]) {
      const controller = new AbortController();
      setTimeout(() => controller.abort(), afterMs);
      await assert.rejects(executor.execute(aRequest(printsAndStays), { signal: controller.signal }), isError("CANCELLED"));
      assert.deepEqual(sandboxProcesses(), [], `cancelled after ${afterMs} ms`);
    }
    await assertNothingMore(before);
  });

  it("a cancelled run is dead within 250 ms (asserted ten times as wide)", async () => {
    const controller = new AbortController();
    let abortedAt = 0;
    const call = executor.execute(aRequest(printsAndStays), {
      signal: controller.signal,
      onEvent: () => {
        abortedAt = performance.now();
        controller.abort();
      },
    });
    await assert.rejects(call, isError("CANCELLED"));
    assert.deepEqual(sandboxProcesses(), []);
    assert.ok(performance.now() - abortedAt < 2_500);
  });

  it("the program has no network, no host file, no inherited descriptor or variable, and can write only to /tmp", async () => {
    process.env["GORUNNER_TEST_SECRET"] = "secret";
    try {
      const code = program(
        ["fmt", "net", "os", "strings"],
        'for _, path := range []string{"/etc/shadow", "/root", "/home", "/proc/1/environ", "/proc/net/dev", "/sys/class"} {',
        "\t_, err := os.ReadFile(path)",
        "\tfmt.Println(path, err != nil)",
        "}",
        'for _, path := range []string{"/x", "/dev/x", "/app/x", "/etc/x", "/app/prog", "/supervisor", "/tmp/x"} {',
        "\tfmt.Println(path, os.WriteFile(path, nil, 0o644) == nil)",
        "}",
        'fmt.Println(strings.Contains(strings.Join(os.Environ(), " "), "secret"))',
        // To connect sends nothing: it looks for a way.
        '_, err := net.Dial("udp", "192.0.2.1:9")',
        'fmt.Println("network", err == nil)',
        "for fd := range 300 {",
        '\tlink, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd))',
        '\tif fd > 2 && err == nil && !strings.HasPrefix(link, "anon_inode:") { fmt.Println("descriptor", fd, link) }',
        "}",
        "fmt.Println(os.Getuid(), os.Getgid())",
      );
      const execution = await executor.execute(aRequest(code));
      assert.deepEqual(text(execution.stdout).trim().split("\n"), [
        ...["/etc/shadow true", "/root true", "/home true", "/proc/1/environ true", "/proc/net/dev true", "/sys/class true"],
        ...["/x false", "/dev/x false", "/app/x false", "/etc/x false", "/app/prog false", "/supervisor false", "/tmp/x true"],
        "false",
        "network false",
        "65534 65534",
      ]);
    } finally {
      delete process.env["GORUNNER_TEST_SECRET"];
    }
  });

  it("the program is not root on the host either", async () => {
    const controller = new AbortController();
    let owners: string[] = [];
    const call = executor.execute(aRequest(printsAndStays), {
      signal: controller.signal,
      onEvent: async () => {
        owners = await ownersOf("/app/prog");
        controller.abort();
      },
    });
    await assert.rejects(call, isError("CANCELLED"));
    // Other executors may run programs on this host at the same time; those of none are root's.
    assert.ok(owners.length > 0);
    assert.ok(!owners.includes("0"), `${owners}`);
  });

  it("the disk of a program is bounded, as an error that it sees", async () => {
    const code = program(
      ["fmt", "os"],
      'file, _ := os.Create("/tmp/large")',
      "piece := make([]byte, 1<<20)",
      "for i := range 100 {",
      "\tif _, err := file.Write(piece); err != nil { fmt.Println(i < 20, err); return }",
      "}",
    );
    const execution = await executor.execute(aRequest(code, { limits: { diskBytes: 8 * 1024 * 1024 } }));
    assert.match(text(execution.stdout), /^true .*(no space left on device|file too large)/, text(execution.stderr));
  });

  it("a program that starts threads without end is stopped", async () => {
    const code = program(["runtime"], "for { go func() { runtime.LockOSThread(); select {} }() }");
    const execution = await executor.execute(aRequest(code));
    const exact = executor.status().resources !== "rlimits";
    assert.ok(exact ? execution.outcome === "process_limit" : execution.outcome !== "ok", execution.outcome);
  });

  it("holds output that comes byte by byte, from one stream and the other in turn, in few pieces", async () => {
    const code = program(["os"], 'for { os.Stdout.WriteString("o"); os.Stderr.WriteString("e") }');
    let told = 0;
    const request = { ...aRequest(code), clock: "fake" as const, limits: { outputBytes: 200_000 } };
    const execution = await executor.execute(request, { onEvent: () => void told++ });
    assert.equal(execution.outcome, "output_limit");
    assert.ok(told > maxEvents && execution.events.length === maxEvents, `${told} ${execution.events.length}`);
    assert.ok(Buffer.from(execution.stdout).equals(Buffer.alloc(100_000, "o")));
    assert.ok(Buffer.from(execution.stderr).equals(Buffer.alloc(100_000, "e")));
  });

  if (process.getuid?.() === 0) {
    it("leaves no zombie where pid 1 reaps nobody, as in a container", async () => {
      const script = fileURLToPath(new URL("zombies.mjs", import.meta.url));
      const args = ["--pid", "--fork", "--mount-proc", process.execPath, script, executorOptions().cacheDir];
      const { stdout } = await promisify(execFile)("unshare", args, { timeout: 100_000 });
      assert.deepEqual(JSON.parse(stdout), []);
    });
  }

  it("what comes while the executor prepares waits in the same bounded queue", async () => {
    const preparing = new GoExecutor(executorOptions({ concurrency: 1, queue: 1 }));
    const calls = await Promise.allSettled(Array.from({ length: 5 }, () => preparing.execute(aRequest(hello))));
    await preparing.close();
    assert.equal(calls.filter(({ status }) => status === "fulfilled").length, 2);
    for (const call of calls) if (call.status === "rejected") assert.ok(isError("RESOURCE_EXHAUSTED")(call.reason));
  });

  for (const [what, bytes] of Object.entries({ "larger than may be kept": 300 << 20, "larger than a build may write": 1 << 29 })) {
    it(`a binary that is ${what} is a build limit, known and not guessed, and says nothing of the tools`, async () => {
      const execution = await executor.execute(
        aRequest(`package main\n\nvar x = [${bytes}]byte{${bytes - 1}: 1}\n\nfunc main() { println(x[0]) }\n`),
      );
      assert.equal(execution.outcome, "build_limit");
      assert.equal(execution.inferred, undefined);
      assert.equal(text(execution.stderr), "");
    });
  }

  it("what a program says of a full disk makes no build limit of a mistake", async () => {
    const { outcome, inferred } = await executor.execute(
      aRequest("package main\n\n//line x.go:1: no space left on device\nfunc main() { foo() }\n"),
    );
    assert.deepEqual({ outcome, inferred }, { outcome: "compile_error", inferred: undefined });
  });

  it("a hostile constant ends the build at its limit, and the next program runs", async () => {
    const doubling = Array.from({ length: 30 }, (_, index) => `const s${index + 1} = s${index} + s${index}`);
    const code = ["package main", 'const s0 = "0123456789"', ...doubling, "func main() { println(len(s30)) }", ""].join("\n");
    const execution = await executor.execute(aRequest(code, { limits: { buildTimeoutMs: 3_000 } }));
    assert.ok(["build_limit", "build_timeout", "compile_error"].includes(execution.outcome), execution.outcome);
    assert.equal((await executor.execute(aRequest(hello))).outcome, "ok");
  });

  it("one executor more works beside the first, under users of its own", async () => {
    const other = new GoExecutor(executorOptions());
    try {
      const [one, two] = await Promise.all([executor.execute(aRequest(hello)), other.execute(aRequest(hello))]);
      assert.equal(one.outcome, "ok");
      assert.equal(two.outcome, "ok");
    } finally {
      await other.close();
    }
  });

  it("sandboxes are kept ready, as many as run at once, and are gone when it closes", async () => {
    const before = await leftovers();
    const warm = new GoExecutor(executorOptions({ warmSandboxes: 2 }));
    await warm.prepare();
    for (let round = 0; round < 5; round++) await warm.execute(aRequest(hello));
    const waiting = (command: string) => sandboxProcesses().filter((other) => other === command).length;
    await eventually(() => assert.deepEqual([waiting("/supervisor"), waiting("/supervisor launcher")], [4, 2]));
    await warm.close();
    await assertNothingMore(before);
  });

  it("closing cancels what runs as UNAVAILABLE, refuses what comes, and removes its directory", async () => {
    const closing = new GoExecutor(executorOptions());
    let close = Promise.resolve();
    const running = closing.execute(aRequest(printsAndStays), {
      onEvent: () => {
        close = closing.close();
      },
    });
    await assert.rejects(running, isError("UNAVAILABLE"));
    await close;
    await assert.rejects(closing.execute(aRequest(hello)), isError("UNAVAILABLE"));
    await closing.close();
  });

  it("draining lets what runs end and refuses what comes", async () => {
    const draining = new GoExecutor(executorOptions());
    let drained = Promise.resolve();
    const running = draining.execute(
      aRequest(program(["fmt", "time"], 'fmt.Println("a")', "time.Sleep(100 * time.Millisecond)", 'fmt.Println("b")')),
      {
        onEvent: () => {
          drained = draining.drain();
        },
      },
    );
    assert.equal(text((await running).stdout), "a\nb\n");
    await drained;
    assert.equal(draining.status().state, "draining");
    await assert.rejects(draining.execute(aRequest(hello)), isError("UNAVAILABLE"));
    await draining.close();
  });

  it("prepares from an empty cache directory, then runs", async () => {
    const directory = await mkdtemp(join(tmpdir(), "gorunner-test-"));
    // Who waits for the standard library waits for no place: none of these runs into the queue's time limit.
    const fresh = new GoExecutor(executorOptions({ cacheDir: join(directory, "cache"), concurrency: 1, queueTimeoutMs: 5_000 }));
    try {
      // A sandbox starts as another user where the server is root, and must reach its files.
      await chmod(directory, 0o755);
      const calls = await Promise.all(Array.from({ length: 3 }, () => fresh.execute(aRequest(hello))));
      for (const { outcome } of calls) assert.equal(outcome, "ok");
      assert.equal(fresh.status().state, "ready");
    } finally {
      await fresh.close();
      await rm(directory, { recursive: true });
    }
  });

  it("a cache directory that can't be written is UNAVAILABLE, by name, and so is every execution", async () => {
    const broken = new GoExecutor(executorOptions({ cacheDir: "/dev/null/gorunner" }));
    await assert.rejects(
      broken.prepare(),
      (error) => error instanceof RunnerError && error.code === "UNAVAILABLE" && error.message.includes("executor.cache_dir"),
    );
    assert.equal(broken.status().state, "failed");
    await assert.rejects(broken.execute(aRequest(hello)), isError("UNAVAILABLE"));
    await broken.close();
  });
});

/** Retries `assertion` until it holds, for at most ten seconds. */
async function eventually(assertion: () => void | Promise<void>): Promise<void> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    try {
      return await assertion();
    } catch (failure) {
      if (performance.now() > deadline) throw failure;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** Waits until no sandbox is left: files and sandboxes go a moment after the answer. */
const settled = () =>
  eventually(async () => {
    const { processes, directories, cgroups } = await leftovers();
    assert.deepEqual({ processes, directories, cgroups }, { processes: [], directories: [], cgroups: [] });
  });

/** The background compilation of the standard library may have ended meanwhile, with its descriptors: fewer is fine. */
async function assertNothingMore(before: Leftovers): Promise<void> {
  await eventually(async () => {
    const after = await leftovers();
    assert.deepEqual({ ...after, descriptors: 0 }, { ...before, descriptors: 0 });
    assert.ok(after.descriptors <= before.descriptors, `${after.descriptors} descriptors, ${before.descriptors} before`);
  });
}

/** The user ids under which processes with this program run. */
async function ownersOf(path: string): Promise<string[]> {
  const owners: string[] = [];
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const [command, status] = await Promise.all([readFile(`/proc/${pid}/cmdline`, "utf8"), readFile(`/proc/${pid}/status`, "utf8")]).catch(
      () => ["", ""],
    );
    if (command?.split("\0")[0] === path) owners.push(/^Uid:\s+(\d+)/m.exec(status ?? "")?.[1] ?? "?");
  }
  return owners;
}
