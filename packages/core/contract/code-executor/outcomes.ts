/** How executions end. */
import assert from "node:assert/strict";
import { aRequest, hello, program } from "../programs.js";
import { type Check, text } from "./check.js";

export function outcomes(check: Check): void {
  check("a program's stdout, and nothing else, is its stdout", async (executor) => {
    const execution = await executor.execute(aRequest(hello));
    assert.equal(execution.outcome, "ok", text(execution.stderr));
    assert.equal(execution.exitCode, 0);
    assert.equal(text(execution.stdout), "Hello RunCode!\n");
    assert.equal(text(execution.stderr), "");
    assert.deepEqual(execution.diagnostics, []);
  });

  check("timings, usage, limits and the toolchain are told", async (executor) => {
    const { timings, usage, limits, toolchain } = await executor.execute(aRequest(hello));
    for (const milliseconds of Object.values(timings)) assert.ok(milliseconds >= 0);
    assert.ok(timings.buildMs > 0 && timings.runMs > 0);
    assert.ok(usage.peakMemoryBytes > 0);
    assert.ok(limits.memoryBytes > 0 && limits.outputBytes > 0);
    assert.match(toolchain, /go/);
  });

  check("code that does not compile is told by file, line and column", async (executor) => {
    const execution = await executor.execute(aRequest("package main\n\nfunc main() {\n\tfoo()\n}\n"));
    assert.equal(execution.outcome, "compile_error");
    assert.equal(text(execution.stderr), "prog.go:4:2: undefined: foo\n");
    assert.deepEqual(execution.diagnostics, [{ file: "prog.go", line: 4, column: 2, message: "undefined: foo" }]);
    assert.equal(execution.exitCode, undefined);
    assert.equal(execution.stdout.length, 0);
  });

  for (const [what, code] of [
    ["not Go at all", "this is not Go"],
    ["no main function", "package main\n"],
    ["not package main", "package other\n\nfunc main() {}\n"],
    ["an import that does not exist", program(["no/such/package"])],
    ["a third-party import", program(["example.com/some/module"])],
    ["C", 'package main\n\nimport "C"\n\nfunc main() {}\n'],
  ] as const) {
    check(`${what} is a compile error with a message and no temporary path`, async (executor) => {
      const execution = await executor.execute(aRequest(code));
      assert.equal(execution.outcome, "compile_error");
      assert.notEqual(text(execution.stderr).trim(), "");
      assert.ok(execution.diagnostics.length > 0);
      assert.doesNotMatch(text(execution.stderr), /\/tmp\/|# command-line-arguments/);
    });
  }

  for (const exitCode of [1, 2, 137, 255]) {
    check(`exit status ${exitCode} is told, and is no signal`, async (executor) => {
      const execution = await executor.execute(aRequest(program(["fmt", "os"], 'fmt.Println("before")', `os.Exit(${exitCode})`)));
      assert.equal(execution.outcome, "exit_error");
      assert.equal(execution.exitCode, exitCode);
      assert.equal(execution.signal, undefined);
      assert.equal(text(execution.stdout), "before\n");
    });
  }

  check("a panic exits with status 2 and a trace that names the line", async (executor) => {
    const execution = await executor.execute(aRequest('package main\n\nfunc main() {\n\tpanic("at the disco")\n}\n'));
    assert.equal(execution.outcome, "exit_error");
    assert.equal(execution.exitCode, 2);
    assert.match(text(execution.stderr), /^panic: at the disco/);
    assert.match(text(execution.stderr), /prog\.go:4/);
  });

  check("a deadlock is reported by Go itself", async (executor) => {
    const execution = await executor.execute(aRequest(program([], "select {}")));
    assert.equal(execution.outcome, "exit_error");
    assert.match(text(execution.stderr), /^fatal error: all goroutines are asleep - deadlock!/);
  });

  check("a program whose time is up tells where its goroutines are, which is no output of it", async (executor) => {
    const code =
      'package main\n\nimport "time"\n\nfunc waitsForEver() { time.Sleep(time.Hour) }\n\nfunc main() { println("begun"); waitsForEver() }\n';
    const execution = await executor.execute(aRequest(code, { limits: { runTimeoutMs: 500 } }));
    assert.deepEqual([execution.outcome, text(execution.stderr)], ["run_timeout", "begun\n"]);
    assert.match(execution.goroutines ?? "", /main\.waitsForEver/);
    assert.equal((await executor.execute(aRequest(hello))).goroutines, undefined);
  });

  check("asking for the goroutines neither saves a program nor gives it room", async (executor) => {
    const ignores = program(["os/signal", "syscall"], "signal.Ignore(syscall.SIGQUIT)", "for {}");
    const answers = program(
      ["os", "os/signal", "strings", "syscall"],
      "asked := make(chan os.Signal, 1)",
      "signal.Notify(asked, syscall.SIGQUIT)",
      "<-asked",
      'for { os.Stderr.WriteString(strings.Repeat("x", 1000)); os.Stdout.WriteString("y") }',
    );
    for (const code of [ignores, answers]) {
      const execution = await executor.execute(aRequest(code, { limits: { runTimeoutMs: 500 } }));
      assert.deepEqual([execution.outcome, execution.stdout.length, execution.stderr.length], ["run_timeout", 0, 0]);
      assert.ok((execution.goroutines ?? "").length <= 64 * 1024);
    }
  });

  check("processor time has a limit of its own, for all that the program does at once", async (executor) => {
    const busy = program([], "go func() { for {} }()", "for {}");
    const execution = await executor.execute(aRequest(busy, { limits: { cpuMs: 200, runTimeoutMs: 2000 } }));
    assert.equal(execution.outcome, "cpu_limit");
    const asleep = program(["time"], "time.Sleep(600 * time.Millisecond)");
    assert.equal((await executor.execute(aRequest(asleep, { limits: { cpuMs: 200 } }))).outcome, "ok");
  });

  check("a program that a signal ends is killed, by name", async (executor) => {
    const execution = await executor.execute(
      aRequest(program(["os", "syscall"], "syscall.Kill(os.Getpid(), syscall.SIGKILL)", "select {}")),
    );
    assert.equal(execution.outcome, "killed");
    assert.equal(execution.signal, "SIGKILL");
    assert.equal(execution.exitCode, undefined);
  });

  check("a program that computes for ever times out, and keeps what it wrote", async (executor) => {
    const execution = await executor.execute(
      aRequest(program(["fmt"], 'fmt.Println("before")', "for {}"), { limits: { runTimeoutMs: 500 } }),
    );
    assert.equal(execution.outcome, "run_timeout");
    assert.equal(text(execution.stdout), "before\n");
    assert.equal(execution.limits.runTimeoutMs, 500);
    assert.ok(execution.timings.runMs >= 500);
  });

  check("a program that sleeps for ever times out", async (executor) => {
    const execution = await executor.execute(aRequest(program(["time"], "time.Sleep(time.Hour)"), { limits: { runTimeoutMs: 300 } }));
    assert.equal(execution.outcome, "run_timeout");
  });

  check("a build that takes too long times out", async (executor) => {
    // Never seen before: an executor may know the binary of what it has built already.
    const execution = await executor.execute(aRequest(`${hello}// ${Math.random()}\n`, { limits: { buildTimeoutMs: 1 } }));
    assert.equal(execution.outcome, "build_timeout");
  });

  check("a program that takes all memory hits its limit", async (executor) => {
    const grow = [
      "var all [][]byte",
      "for {",
      "\tpiece := make([]byte, 1<<20)",
      "\tfor i := range piece { piece[i] = 1 }",
      "\tall = append(all, piece)",
      "}",
    ];
    const execution = await executor.execute(aRequest(program([], ...grow), { limits: { memoryBytes: 128 * 1024 * 1024 } }));
    assert.equal(execution.outcome, "memory_limit", text(execution.stderr));
  });
}
