/** The limits, under each of the ways in which this host can hold them. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { type Execution, type Limits, RunnerError } from "@gorunner/core";
import { aRequest, hello, program } from "@gorunner/core/contract";
import { GoExecutor } from "../../src/index.js";
import { findResources } from "../../src/sandbox/find-cgroups.js";
import { leftovers } from "../host-leftovers.js";
import { executorOptions, patienceMs } from "../shared-executor.js";

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("utf8");
const mib = 1024 * 1024;

const hostile: Record<string, { code: string; limits: Partial<Limits>; outcome: string; inferred?: boolean }> = {
  "memory, in small pieces": {
    code: program(
      ["runtime"],
      "var all [][]byte",
      "for { b := make([]byte, 4096); b[0] = 1; all = append(all, b) }",
      "runtime.KeepAlive(all)",
    ),
    limits: { memoryBytes: 64 * mib },
    outcome: "memory_limit",
    inferred: true,
  },
  "memory, in one piece": {
    code: program([], "b := make([]byte, 1<<30)", "for i := range b { b[i] = 1 }"),
    limits: { memoryBytes: 64 * mib },
    outcome: "memory_limit",
    inferred: true,
  },
  threads: {
    code: program(["runtime"], "for { go func() { runtime.LockOSThread(); select {} }() }"),
    limits: { processes: 32 },
    outcome: "process_limit",
    inferred: true,
  },
  "processor time": { code: program([], "for {}"), limits: { cpuMs: 200 }, outcome: "cpu_limit" },
  time: { code: program([], "for {}"), limits: { runTimeoutMs: 200 }, outcome: "run_timeout" },
  "time that is slept": { code: program(["time"], "time.Sleep(time.Hour)"), limits: { runTimeoutMs: 200 }, outcome: "run_timeout" },
  output: { code: program(["os"], 'for { os.Stdout.WriteString("flood") }'), limits: { outputBytes: 1000 }, outcome: "output_limit" },
};

for (const mode of ["cgroup-v2", "cgroup-v1", "rlimits"] as const) {
  const available = await findResources({ mode, owner: `test-${process.pid}` }).then(
    () => true,
    () => false,
  );

  describe(`Limits by ${mode}, which this host ${available ? "gives" : "does not give"}`, function () {
    this.timeout(patienceMs);
    let executor: GoExecutor;
    before(() => {
      executor = new GoExecutor(executorOptions({ resources: mode, warmSandboxes: 0 }));
    });
    after(() => executor.close());

    if (!available) {
      it("are refused, with the reason", async () => {
        await assert.rejects(
          executor.prepare(),
          (error) =>
            error instanceof RunnerError &&
            error.code === "UNAVAILABLE" &&
            error.message.includes(`${mode}, which this host does not give: `),
        );
        await assert.rejects(executor.execute(aRequest(hello)), (error) => error instanceof RunnerError && error.code === "UNAVAILABLE");
      });
      return;
    }

    before(async () => {
      await executor.prepare();
      assert.equal((await executor.execute(aRequest(hello))).outcome, "ok");
    });

    it("show a program no path of the host's control groups", async () => {
      const code = program(["fmt", "os"], 'text, err := os.ReadFile("/proc/self/cgroup")', "fmt.Print(string(text), err)");
      const { stdout } = await executor.execute(aRequest(code));
      const shown = text(stdout).trim().split("\n");
      assert.equal(shown.pop(), "<nil>");
      assert.deepEqual(
        shown.filter((line) => !/^\d+:[^:]*:\/$/.test(line)),
        [],
      );
    });

    it("are said to be in force", () => assert.equal(executor.status().resources, mode));

    for (const [what, { code, limits, outcome, inferred = false }] of Object.entries(hostile)) {
      it(`hold for ${what}, and the outcome names it`, async () => {
        const execution = await executor.execute(aRequest(code, { limits }));
        const seen: Pick<Execution, "outcome" | "inferred"> = { outcome: execution.outcome, inferred: execution.inferred ?? false };
        assert.deepEqual(seen, { outcome, inferred: inferred && mode === "rlimits" }, text(execution.stderr).slice(0, 500));
      });
    }

    it("are each sandbox's own", async () => {
      const grows = aRequest(hostile["memory, in one piece"]?.code ?? "", { limits: { memoryBytes: 64 * mib } });
      const [one, other] = await Promise.all([executor.execute(grows), executor.execute(aRequest(hello))]);
      assert.deepEqual([one.outcome, other.outcome], ["memory_limit", "ok"]);
    });

    if (mode !== "rlimits") {
      it("let a program with many threads have no more of the processors than one with few", async () => {
        let group = "";
        const code = program(["fmt", "time"], 'fmt.Println("runs")', "time.Sleep(200 * time.Millisecond)");
        await executor.execute(aRequest(code), {
          onEvent: () => {
            group = groupOfProgram(mode);
          },
        });
        assert.match(group, /\/gorunner\/[^/]+$/);
      });
    }

    it("leave nothing behind", async () => {
      const deadline = performance.now() + 10_000;
      for (;;) {
        const { cgroups, directories, processes } = await leftovers();
        if ([cgroups, directories, processes].every((left) => left.length === 0)) break;
        assert.ok(performance.now() < deadline, JSON.stringify({ cgroups, directories, processes }));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    });
  });
}

/** The group that shares the processors out to the program that runs now. */
function groupOfProgram(mode: string): string {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${pid}/cmdline`, "latin1").startsWith("/app/prog\0")) continue;
      const line = mode === "cgroup-v2" ? /^0::(.*)$/m : /^\d+:(?:[^:]*,)?cpu(?:,[^:]*)?:(.*)$/m;
      return line.exec(readFileSync(`/proc/${pid}/cgroup`, "latin1"))?.[1] ?? "";
    } catch (error) {
      if (!(error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH"))) throw error;
    }
  }
  return "";
}
