/** The tier without walls: what still holds there. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { ExecutionRequest, OutputEvent } from "@gorunner/core";
import { aRequest, hello, program, sourceFiles } from "@gorunner/core/contract";
import { GoExecutor } from "../../src/index.js";
import { leftovers } from "../host-leftovers.js";
import { cacheDir, closeSharedExecutor, executorOptions, patienceMs, sharedExecutor } from "../shared-executor.js";

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("utf8");

describe("The tier none", function () {
  this.timeout(patienceMs);
  let executor: GoExecutor;
  let walled: GoExecutor;
  before(async () => {
    walled = await sharedExecutor();
    executor = new GoExecutor(executorOptions({ sandbox: "none", warmSandboxes: 1 }));
    await executor.prepare();
  });
  after(async () => {
    await executor.close();
    await closeSharedExecutor();
  });

  it("is in force where it is asked for, and nowhere else", () => {
    assert.equal(executor.status().tier, "none");
    assert.equal(walled.status().tier, "bubblewrap");
  });

  const alike: Record<string, ExecutionRequest> = {
    "a program": aRequest(hello),
    "a program that reads and writes files": aRequest(
      program(
        ["fmt", "os"],
        'os.WriteFile("x", []byte("kept"), 0o644)',
        'b, err := os.ReadFile("x")',
        "fmt.Println(string(b), err, len(os.Args), os.Args[1:])",
      ),
      { args: ["/tmp/x", "/app"] },
    ),
    "a compile error": aRequest("package main\n\nfunc main() { undefined() }\n"),
    "a missing package": aRequest('package main\n\nimport "example.com/none"\n\nfunc main() { none.X() }\n'),
    "a panic": aRequest(program([], 'panic("no")')),
    "an exit code": aRequest(program(["os"], "os.Exit(3)")),
    "the fake clock": aRequest(program(["fmt", "time"], "time.Sleep(time.Hour)", "fmt.Println(time.Now().UTC())"), { clock: "fake" }),
    "what go build has to build": {
      files: sourceFiles({
        "prog.go": 'package main\n\nimport _ "embed"\n\n//go:embed data.txt\nvar data string\n\nfunc main() { print(data) }\n',
        "data.txt": "embedded",
      }),
      ...{ mode: "run", clock: "real" },
    },
    tests: {
      files: sourceFiles({ "a_test.go": 'package a\n\nimport "testing"\n\nfunc TestA(t *testing.T) { t.Log("ran") }\n' }),
      ...{ mode: "test", clock: "real" },
    },
    "go vet": aRequest(program(["fmt"], 'fmt.Printf("%d\\n", "text")'), { vet: true }),
  };
  for (const [what, request] of Object.entries(alike)) {
    it(`executes ${what} as behind walls`, async () => {
      const [without, behind] = [await executor.execute(request), await walled.execute(request)];
      const told = ({ outcome, exitCode, stdout, stderr, diagnostics, vet }: typeof behind) => ({
        ...{ outcome, exitCode, diagnostics, vet },
        stdout: text(stdout).replace(/\(?\d+\.\d+s\)?/g, "TIME"),
        stderr: text(stderr).replace(/0x[0-9a-f]+/g, "ADDRESS"),
      });
      assert.deepEqual(told(without), told(behind));
    });
  }

  it("formats", async () => {
    const { files } = await executor.format({ files: sourceFiles({ "prog.go": "package  main\n" }) });
    assert.equal(text(files[0]?.content ?? new Uint8Array()), "package main\n");
  });

  it("is not root, may not become it, and inherits nothing", async () => {
    process.env["GORUNNER_TEST_SECRET"] = "secret";
    try {
      const code = program(
        ["fmt", "os", "strings"],
        'status, _ := os.ReadFile("/proc/self/status")',
        'fmt.Println(os.Getuid() != 0, os.Getgid() != 0, strings.Contains(string(status), "NoNewPrivs:\\t1"))',
        'fmt.Println(strings.Contains(strings.Join(os.Environ(), " "), "secret"))',
        // Go's runtime itself keeps looking at the group that shares out its processors, where it can see it.
        "for fd := 3; fd < 300; fd++ {",
        '\tlink, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd))',
        '\tif err == nil && !strings.HasPrefix(link, "anon_inode:") && !strings.HasPrefix(link, "/sys/fs/cgroup/") { fmt.Println("descriptor", fd, link) }',
        "}",
      );
      assert.equal(text((await executor.execute(aRequest(code))).stdout), "true true true\nfalse\n");
    } finally {
      delete process.env["GORUNNER_TEST_SECRET"];
    }
  });

  it("ends what runs too long, writes too much or keeps too much in files", async () => {
    const outcomes = [
      aRequest(program([], "for {}"), { limits: { runTimeoutMs: 200 } }),
      aRequest(program(["os"], 'for { os.Stdout.WriteString("flood") }'), { limits: { outputBytes: 1000 } }),
      aRequest(program([], "for {}"), { limits: { cpuMs: 200 } }),
    ];
    const seen = await Promise.all(outcomes.map((request) => executor.execute(request)));
    assert.deepEqual(
      seen.map(({ outcome }) => outcome),
      ["run_timeout", "output_limit", "cpu_limit"],
    );
  });

  it("lets no program signal its supervisor or others", async () => {
    const code = program(
      ["fmt", "os", "syscall"],
      "for _, pid := range []int{-1, 0, os.Getppid(), -os.Getppid()} { fmt.Println(syscall.Kill(pid, 0)) }",
    );
    const { outcome, stdout } = await executor.execute(aRequest(code));
    assert.deepEqual([outcome, text(stdout)], ["ok", "operation not permitted\n".repeat(4)]);
  });

  it("leaves nothing of a program whose supervisor is killed", async () => {
    const code = program(["fmt", "os"], 'os.Mkdir("closed", 0)', "fmt.Println(os.Getppid())", "for {}");
    const onEvent = ({ data }: OutputEvent) => void process.kill(Number(text(data)), "SIGKILL");
    const { outcome, signal } = await executor.execute(aRequest(code), { onEvent });
    assert.deepEqual([outcome, signal], ["killed", "SIGKILL"]);
  });

  it("leaves no process, directory or control group behind", async () => {
    await executor.close();
    await closeSharedExecutor();
    const { processes, directories, cgroups } = await leftovers();
    assert.deepEqual({ processes, directories, cgroups }, { processes: [], directories: [], cgroups: [] });
    assert.deepEqual(
      (await readdir(join(cacheDir, "work"))).filter((name) => name.startsWith(`${process.pid}-`)),
      [],
    );
    assert.deepEqual(slotProcesses(), []);
  });
});

/** The processes of this executor's users, whatever they are called. */
function slotProcesses(): string[] {
  if (process.getuid?.() !== 0) return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, "latin1");
        return command.includes(`/work/${process.pid}-`) ? [command] : [];
      } catch (error) {
        if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH")) return [];
        throw error;
      }
    });
}
