/** What is left on the host when many attack at once, and when its disk is full. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { ExecutionRequest, Outcome } from "@gorunner/core";
import { aRequest, hello, program } from "@gorunner/core/contract";
import { GoExecutor } from "../../src/index.js";
import { findBubblewrap } from "../../src/sandbox/bubblewrap.js";
import { findToolchain } from "../../src/toolchain/find-toolchain.js";
import { leftovers } from "../host-leftovers.js";
import { cacheDir, executorOptions } from "../shared-executor.js";

const mib = 1024 * 1024;
// With 64 of them on a few processors, each takes its time to come to its end.
const limits = { memoryBytes: 48 * mib, processes: 32, runTimeoutMs: 60_000, outputBytes: 100_000 };
const endless = { ...limits, runTimeoutMs: 2_000 };

const hostile: Record<string, { request: ExecutionRequest; outcomes: Outcome[] }> = {
  "thread bomb": {
    request: aRequest(program(["runtime"], "for { go func() { runtime.LockOSThread(); select {} }() }"), { limits }),
    // Its stacks may be what it runs out of first.
    outcomes: ["process_limit", "memory_limit"],
  },
  "fork bomb": {
    request: aRequest(program(["os"], 'for { os.StartProcess("/app/prog", []string{"/app/prog"}, &os.ProcAttr{}) }'), { limits: endless }),
    outcomes: ["run_timeout", "process_limit"],
  },
  "memory bomb": {
    request: aRequest(program([], "b := make([]byte, 1<<30)", "for i := range b { b[i] = 1 }"), { limits }),
    outcomes: ["memory_limit"],
  },
  "output flood": {
    request: aRequest(program(["os"], 'for { os.Stdout.WriteString("flood") }'), { limits }),
    outcomes: ["output_limit"],
  },
  sleeper: { request: aRequest(program(["time"], "time.Sleep(time.Hour)"), { limits: endless }), outcomes: ["run_timeout"] },
  daemon: {
    request: aRequest(
      program(
        ["os", "syscall", "time"],
        "if len(os.Args) > 1 { time.Sleep(time.Hour) }",
        'os.StartProcess("/app/prog", []string{"/app/prog", "daemon"}, &os.ProcAttr{Files: []*os.File{nil, os.Stdout}, Sys: &syscall.SysProcAttr{Setsid: true}})',
      ),
      { limits },
    ),
    outcomes: ["ok"],
  },
  "file hoarder": {
    request: aRequest(program(["os", "strconv"], 'for i := range 10_000 { os.WriteFile("f"+strconv.Itoa(i), []byte("x"), 0o600) }'), {
      limits,
    }),
    outcomes: ["ok", "run_timeout", "memory_limit"],
  },
  killer: {
    request: aRequest(program(["syscall"], "syscall.Kill(-1, syscall.SIGKILL)"), { limits }),
    outcomes: ["ok"],
  },
};

describe("What is left", function () {
  this.timeout(240_000);

  it("after 64 hostile runs that overlap, each with its own outcome, is nothing", async () => {
    const executor = new GoExecutor(executorOptions({ concurrency: 64, warmSandboxes: 0, limits: { runTimeoutMs: limits.runTimeoutMs } }));
    try {
      assert.equal((await executor.execute(aRequest(hello))).outcome, "ok");
      // The binaries, and what is made once for each slot: locks of user ids.
      const all = () =>
        Promise.all(
          Array.from({ length: 64 }, async (_, index) => {
            const kinds = Object.entries(hostile);
            const [kind, { request, outcomes }] = kinds[index % kinds.length] ?? ["", { request: aRequest(hello), outcomes: [] }];
            const { outcome } = await executor.execute(request);
            return { kind, outcome, isExpected: outcomes.includes(outcome) };
          }),
        );
      await executor.whenComplete();
      const mounts = await readFile("/proc/self/mountinfo", "utf8");
      const ends = await all();
      assert.deepEqual(
        ends.filter(({ isExpected }) => !isExpected),
        [],
      );
      assert.equal((await executor.execute(aRequest(hello))).outcome, "ok");
      const descriptors = await settledDescriptors();
      await Promise.all(Object.values(hostile).map(({ request }) => executor.execute(request)));
      assert.ok((await settledDescriptors()) <= descriptors);
      assert.equal(await readFile("/proc/self/mountinfo", "utf8"), mounts);
    } finally {
      await executor.close();
    }
  });

  it("of a full disk is an UNAVAILABLE, and work goes on when there is room again", async () => {
    const toolchain = await findToolchain();
    const directory = await mkdtemp(join(tmpdir(), "gorunner-full-"));
    try {
      await chmod(directory, 0o755);
      await mkdir(join(directory, "work"));
      // The compiled standard library is everybody's; what is full is the place of what is under way.
      await symlink(join(cacheDir, toolchain.name), join(directory, toolchain.name));
      const script = fileURLToPath(new URL("../full-disk.mjs", import.meta.url));
      const args = ["--dev-bind", "/", "/", "--size", String(8 * mib), "--perms", "0755", "--tmpfs", join(directory, "work")];
      const { stdout } = await promisify(execFile)(await findBubblewrap(), [...args, process.execPath, script, directory], {
        timeout: 200_000,
        env: { ...process.env, GORUNNER_TEST_CACHE_DIR: cacheDir },
      });
      const seen = JSON.parse(stdout) as { before: string; full: string[]; after: string };
      assert.deepEqual(seen, { before: "ok", full: ["UNAVAILABLE", "UNAVAILABLE", "UNAVAILABLE"], after: "ok" });
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

/** How many descriptors are open when no sandbox is left any more. */
async function settledDescriptors(): Promise<number> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const { processes, directories, cgroups, descriptors } = await leftovers();
    if ([processes, directories, cgroups].every((left) => left.length === 0)) return descriptors;
    assert.ok(performance.now() < deadline, JSON.stringify({ processes, directories, cgroups }));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
