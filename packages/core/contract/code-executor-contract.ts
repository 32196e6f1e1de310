import assert from "node:assert/strict";
import { type CodeExecutor, type ExecutionRequest, encodeUtf8, type OutputEvent, RunnerError } from "@gorunner/core";
import { aRequest, hello, program } from "./programs.js";
import { casesOn, type It, type Opened } from "./suite.js";

/** What an executor may lack. It then refuses such a request as INVALID_ARGUMENT, instead of doing something else. */
export interface ExecutorGaps {
  /** Why `mode: "test"` is missing. */
  testMode?: string;
  /** Why `mode: "bench"` is missing. */
  benchMode?: string;
  /** Why `clock: "fake"` is missing. */
  fakeClock?: string;
  /** Why `vet` is missing. */
  vet?: string;
}

/**
 * Every rule of {@link CodeExecutor}. `open` gives an executor that runs at least two programs at once and allows at
 * least 128 MiB of memory, 64 KiB of output and 2 s of run time; cases don't disturb each other, so it may be the same
 * one each time.
 */
export function codeExecutorContract(it: It, open: () => Promise<Opened<CodeExecutor>>, gaps: ExecutorGaps = {}): void {
  const check = casesOn(it, open);
  outcomes(check);
  inputs(check);
  output(check);
  cancellation(check);
  refusals(check, gaps);
}

type Check = (rule: string, body: (executor: CodeExecutor) => Promise<void>) => unknown;

function outcomes(check: Check): void {
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

function inputs(check: Check): void {
  check("without input, stdin is empty", async (executor) => {
    const execution = await executor.execute(aRequest(countStdin));
    assert.equal(text(execution.stdout), "0 bytes\n");
  });

  check("stdin arrives whole", async (executor) => {
    const execution = await executor.execute(aRequest(countStdin, { stdin: new Uint8Array(1_000_000).fill(10) }));
    assert.equal(text(execution.stdout), "1000000 bytes\n");
  });

  check("a program need not read its input", async (executor) => {
    const execution = await executor.execute(aRequest(hello, { stdin: new Uint8Array(1_000_000) }));
    assert.equal(execution.outcome, "ok");
  });

  check("arguments and environment arrive as they are", async (executor) => {
    const code = program(["fmt", "os"], 'fmt.Printf("%q %q", os.Args[1:], os.Getenv("GREETING"))');
    const execution = await executor.execute(aRequest(code, { args: ["a b", "", "ü"], env: { GREETING: "hi = there" } }));
    assert.equal(text(execution.stdout), '["a b" "" "ü"] "hi = there"');
  });

  check("several files make one program", async (executor) => {
    const files = [
      { path: "prog.go", content: encodeUtf8("package main\n\nfunc main() { greet() }\n") },
      { path: "greet.go", content: encodeUtf8('package main\n\nimport "fmt"\n\nfunc greet() { fmt.Println("from another file") }\n') },
    ];
    const execution = await executor.execute(aRequest("", { files }));
    assert.equal(text(execution.stdout), "from another file\n", text(execution.stderr));
  });

  check("an execution finds nothing of the one before", async (executor) => {
    const code = program(
      ["fmt", "os"],
      '_, err := os.Stat("/tmp/left")',
      'fmt.Println(os.IsNotExist(err), os.WriteFile("/tmp/left", nil, 0o644))',
    );
    for (let round = 0; round < 2; round++) {
      assert.equal(text((await executor.execute(aRequest(code))).stdout), "true <nil>\n");
    }
  });
}

function output(check: Check): void {
  check("output is bytes, exactly", async (executor) => {
    const code = program(["os"], "os.Stdout.Write([]byte{0, 0xff, 0xfe, 0x80, 10})", "os.Stderr.Write([]byte{0xc3})");
    const execution = await executor.execute(aRequest(code));
    assert.deepEqual([...execution.stdout], [0, 0xff, 0xfe, 0x80, 10]);
    assert.deepEqual([...execution.stderr], [0xc3]);
  });

  check("exactly as much output as allowed is no failure", async (executor) => {
    const execution = await executor.execute(
      aRequest(program(["os"], "os.Stdout.Write(make([]byte, 65536))"), { limits: { outputBytes: 65_536 } }),
    );
    assert.equal(execution.outcome, "ok");
    assert.equal(execution.stdout.length, 65_536);
    assert.equal(execution.droppedBytes, 0);
  });

  check("one byte more is cut at the limit, counted and told", async (executor) => {
    const code = program(["os"], "os.Stdout.Write(make([]byte, 65537))");
    const execution = await executor.execute(aRequest(code, { limits: { outputBytes: 65_536 } }));
    assert.equal(execution.outcome, "output_limit");
    assert.equal(execution.stdout.length, 65_536);
    assert.equal(execution.droppedBytes, 1);
  });

  check("a flood is cut, on stdout and stderr together, and does not take the whole run time", async (executor) => {
    const code = program(["os"], "for {", '\tos.Stdout.WriteString("out")', '\tos.Stderr.WriteString("err")', "}");
    const execution = await executor.execute(aRequest(code, { limits: { outputBytes: 65_536 } }));
    assert.equal(execution.outcome, "output_limit");
    assert.equal(execution.stdout.length + execution.stderr.length, 65_536);
  });

  check("events come in the order of writing and add up to the streams", async (executor) => {
    const seen: OutputEvent[] = [];
    const code = program(
      ["fmt", "os", "time"],
      "for i := range 3 {",
      '\tfmt.Fprint(os.Stdout, "o", i)',
      "\ttime.Sleep(20 * time.Millisecond)",
      '\tfmt.Fprint(os.Stderr, "e", i)',
      "\ttime.Sleep(20 * time.Millisecond)",
      "}",
    );
    const execution = await executor.execute(aRequest(code), { onEvent: (event) => void seen.push(event) });
    assert.equal(seen.map(({ data }) => text(data)).join(""), "o0e0o1e1o2e2");
    assert.deepEqual(execution.events, seen);
    assert.equal(text(execution.stdout), "o0o1o2");
    assert.equal(text(execution.stderr), "e0e1e2");
    for (const [index, event] of seen.entries()) assert.ok(index === 0 || event.timeNs >= (seen[index - 1]?.timeNs ?? 0n));
  });

  check("an event is delivered while the program still runs", async (executor) => {
    const controller = new AbortController();
    const code = program(["fmt", "time"], 'fmt.Println("first")', "time.Sleep(time.Minute)");
    await assert.rejects(
      executor.execute(aRequest(code), { signal: controller.signal, onEvent: () => controller.abort() }),
      isError("CANCELLED"),
    );
  });

  check("no event is delivered while the one before is still being handled", async (executor) => {
    let handling = 0;
    const code = program(["fmt", "time"], "for i := range 5 {", "\tfmt.Println(i)", "\ttime.Sleep(5 * time.Millisecond)", "}");
    const execution = await executor.execute(aRequest(code), {
      onEvent: async () => {
        assert.equal(++handling, 1);
        await new Promise((resolve) => setTimeout(resolve, 20));
        handling--;
      },
    });
    assert.equal(text(execution.stdout), "0\n1\n2\n3\n4\n");
  });

  check("what a handler throws ends the execution and is thrown", async (executor) => {
    const failure = new Error("from the handler");
    const code = program(["fmt", "time"], 'fmt.Println("first")', "time.Sleep(time.Minute)");
    await assert.rejects(
      executor.execute(aRequest(code), {
        onEvent: () => {
          throw failure;
        },
      }),
      (error) => error === failure,
    );
  });
}

function cancellation(check: Check): void {
  check("an aborted signal cancels before anything starts", async (executor) => {
    await assert.rejects(executor.execute(aRequest(hello), { signal: AbortSignal.abort() }), isError("CANCELLED"));
  });

  check("aborting ends a run at once, and the executor goes on", async (executor) => {
    const controller = new AbortController();
    const endless = executor.execute(aRequest(program(["fmt"], 'fmt.Println("started")', "for {}")), {
      signal: controller.signal,
      onEvent: () => controller.abort(),
    });
    await assert.rejects(endless, isError("CANCELLED"));
    assert.equal((await executor.execute(aRequest(hello))).outcome, "ok");
  });

  check("the signal's own reason is what the call rejects with", async (executor) => {
    const reason = new RunnerError("DEADLINE_EXCEEDED", "too late");
    const controller = new AbortController();
    const call = executor.execute(aRequest(program(["time"], "time.Sleep(time.Minute)")), { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 50);
    await assert.rejects(call, (error) => error === reason);
  });

  check("racing executions get their own answers", async (executor) => {
    const answers = await Promise.all(
      [1, 2, 3, 4].map(async (index) => text((await executor.execute(aRequest(program(["fmt"], `fmt.Println(${index})`)))).stdout)),
    );
    assert.deepEqual(answers, ["1\n", "2\n", "3\n", "4\n"]);
  });
}

function refusals(check: Check, gaps: ExecutorGaps): void {
  const refused: [string, Partial<ExecutionRequest>][] = [
    ["no file", { files: [] }],
    ["a name that escapes", { files: [{ path: "../prog.go", content: encodeUtf8(hello) }] }],
    ["an absolute name", { files: [{ path: "/prog.go", content: encodeUtf8(hello) }] }],
    ["a name with a NUL", { files: [{ path: "a\0.go", content: encodeUtf8(hello) }] }],
    ["a name like an option", { files: [{ path: "-o.go", content: encodeUtf8(hello) }] }],
    ["assembly", { files: [...aRequest(hello).files, { path: "a.s", content: encodeUtf8("TEXT") }] }],
    ["a name twice", { files: [...aRequest(hello).files, ...aRequest(hello).files] }],
    ["a limit of 0", { limits: { runTimeoutMs: 0 } }],
    ["a limit above the executor's own", { limits: { memoryBytes: 2 ** 50 } }],
    ["a limit that is no number", { limits: { outputBytes: Number.NaN } }],
    ["another toolchain", { toolchain: "go0.1" }],
    ["a variable for the dynamic linker", { env: { LD_PRELOAD: "x" } }],
    ["an argument with a NUL", { args: ["a\0b"] }],
  ];
  for (const [what, fields] of refused) {
    check(`${what} is refused`, async (executor) => {
      await assert.rejects(executor.execute(aRequest(hello, fields)), isError("INVALID_ARGUMENT"));
    });
  }
  const optional: [keyof ExecutorGaps, Partial<ExecutionRequest>][] = [
    ["testMode", { mode: "test" }],
    ["benchMode", { mode: "bench" }],
    ["fakeClock", { clock: "fake" }],
    ["vet", { vet: true }],
  ];
  for (const [gap, fields] of optional) {
    const reason = gaps[gap];
    if (reason === undefined) continue;
    check(`${gap} is refused (${reason})`, async (executor) => {
      await assert.rejects(executor.execute(aRequest(hello, fields)), isError("INVALID_ARGUMENT"));
    });
  }
}

const countStdin = program(["fmt", "io", "os"], "data, _ := io.ReadAll(os.Stdin)", 'fmt.Println(len(data), "bytes")');

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

const isError = (code: RunnerError["code"]) => (error: unknown) => {
  assert.ok(error instanceof RunnerError, String(error));
  assert.equal(error.code, code);
  return true;
};
