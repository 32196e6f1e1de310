import { type CodeExecutor, type ExecutionRequest, type OutputEvent, RunnerError, unavailable } from "@gorunner/core";
import { codeExecutorContract } from "@gorunner/core/contract";
import { accepts, around, complains, delivers, prints, sourceOf, takes, tells, tellsOfTests, textOf } from "./executor-mutants.js";
import { opening, pause, provesKit } from "./proof.js";
import { ScriptedExecutor } from "./scripted-executor.js";

interface Executors {
  usual: () => CodeExecutor;
  /** With room for one, and one that waits. */
  small: () => CodeExecutor;
  unavailable: () => CodeExecutor;
}

const size = { concurrency: 1, queue: 1 };

const correct = (): Executors => ({
  usual: () => new ScriptedExecutor(),
  small: () => new ScriptedExecutor(size),
  unavailable: () => ({ execute: () => Promise.reject(unavailable("there is no toolchain")) }),
});

/** For each rule of an ordinary executor one that breaks it. */
const usual: Record<string, () => CodeExecutor> = {
  // Outcomes
  "a program's stdout, and nothing else, is its stdout": prints((stdout) => `running prog.go\n${stdout}`),
  "timings, usage, limits and the toolchain are told": tells(() => ({ toolchain: "" })),
  "code that does not compile is told by file, line and column": tells(({ diagnostics }) => ({
    diagnostics: diagnostics.map(({ column: _column, ...rest }) => rest),
  })),
  "exit status 1 is told, and is no signal": tells(({ exitCode }) => (exitCode === 1 ? { outcome: "ok" } : {})),
  "exit status 2 is told, and is no signal": tells(({ exitCode }) => (exitCode === 2 ? { exitCode: 1 } : {})),
  "exit status 137 is told, and is no signal": tells(({ exitCode }) => (exitCode === 137 ? { signal: "SIGKILL", outcome: "killed" } : {})),
  "exit status 255 is told, and is no signal": tells(({ exitCode }) => (exitCode === 255 ? { exitCode: -1 } : {})),
  "a panic exits with status 2 and a trace that names the line": complains((stderr) => stderr.replace(/prog\.go:\d+/g, "prog.go")),
  "a deadlock is reported by Go itself": complains((stderr) => stderr.replace("fatal error: all goroutines", "all goroutines")),
  "a program whose time is up tells where its goroutines are, which is no output of it": tells(({ goroutines, stderr }) =>
    goroutines === undefined ? {} : { stderr: Buffer.concat([stderr, Buffer.from(goroutines)]) },
  ),
  "asking for the goroutines neither saves a program nor gives it room": tells((execution, request) =>
    sourceOf(request).includes("signal.Ignore") ? { outcome: "ok", exitCode: 0 } : execution,
  ),
  "processor time has a limit of its own, for all that the program does at once": tells(({ outcome }) =>
    outcome === "cpu_limit" ? { outcome: "run_timeout" } : {},
  ),
  "a program that a signal ends is killed, by name": tells(({ signal }) => (signal === undefined ? {} : { signal: "9" })),
  "a program that computes for ever times out, and keeps what it wrote": prints((stdout, request) =>
    sourceOf(request).includes("for {}") ? "" : stdout,
  ),
  "a program that sleeps for ever times out": tells((_execution, { limits }) =>
    limits?.runTimeoutMs === 300 ? { outcome: "killed" } : {},
  ),
  "a build that takes too long times out": tells(({ outcome }) => (outcome === "build_timeout" ? { outcome: "compile_error" } : {})),
  "a program that takes all memory hits its limit": tells(({ outcome }) =>
    outcome === "memory_limit" ? { outcome: "exit_error", exitCode: 2 } : {},
  ),
  "not Go at all is a compile error with a message and no temporary path": complains((stderr) =>
    stderr.replaceAll("prog.go", "/tmp/prog.go"),
  ),
  "no main function is a compile error with a message and no temporary path": complains((stderr) => `# command-line-arguments\n${stderr}`),
  "not package main is a compile error with a message and no temporary path": tells(({ outcome }) =>
    outcome === "compile_error" ? { outcome: "exit_error" } : {},
  ),
  "an import that does not exist is a compile error with a message and no temporary path": tells(() => ({ diagnostics: [] })),
  "a third-party import is a compile error with a message and no temporary path": complains(() => " \n"),
  "C is a compile error with a message and no temporary path": tells((_execution, request) =>
    sourceOf(request).includes('"C"') ? { outcome: "ok" } : {},
  ),

  // Inputs
  "without input, stdin is empty": prints((stdout, { stdin }) => (stdin === undefined ? stdout.replace("0 bytes", "1 bytes") : stdout)),
  "stdin arrives whole": prints((stdout) => stdout.replace("1000000 bytes", "65536 bytes")),
  "a program need not read its input": tells((_execution, { stdin }) =>
    stdin === undefined ? {} : { outcome: "killed", signal: "SIGPIPE" },
  ),
  "arguments and environment arrive as they are": prints((stdout) => stdout.replace(' ""', "")),
  "several files make one program": takes(({ files }) => ({ files: files.slice(0, 1) })),
  "an execution finds nothing of the one before": withMemory(),

  // Source trees
  "a package in a folder is imported below the module's name, which is play where no go.mod says another": tells((_execution, { files }) =>
    files.some(({ path }) => path === "go.mod") ? { stdout: new Uint8Array(), outcome: "compile_error" } : {},
  ),
  "files that are not Go can be opened where the program starts, and embedded": prints((stdout) =>
    stdout.replace("one\n<nil>", "open data/in.txt: no such file or directory"),
  ),
  "build constraints choose among several files": complains((stderr) => stderr.replace("here", "elsewhere")),
  "a mistake in a package is told with the file's whole name": tells(({ diagnostics }) => ({
    diagnostics: diagnostics.map((one) => ({ ...one, ...(one.file === undefined ? {} : { file: one.file.replace(/.*\//, "") }) })),
  })),
  "a go.mod that asks for a newer Go is a compile error that says so": tells(({ outcome }, request) =>
    sourceOf(request).includes("1.999") ? { outcome: "fetch_error" } : { outcome },
  ),
  "a go.mod that is none is a compile error that says so": complains((stderr) => stderr.replaceAll("go.mod", "a file")),
  "a go.mod that has a line of binary is a compile error that says so": tells((_execution, request) =>
    sourceOf(request).includes("\0") ? { outcome: "ok" } : {},
  ),
  "a go.mod that replaces a module by a path of the host is a compile error that says so": tells((_execution, request) =>
    sourceOf(request).includes("=> /etc") ? { outcome: "ok" } : {},
  ),
  "the go line of a go.mod decides on the language": takes(({ files }) => ({
    files: files.map((file) => ({ ...file, content: Buffer.from(textOf(file.content).replace("go 1.21", "go 1.22"), "latin1") })),
  })),

  // Output
  "output is bytes, exactly": tells(({ stdout }) => ({ stdout: Buffer.from(Buffer.from(stdout).toString("utf8")) })),
  "exactly as much output as allowed is no failure": tells(({ stdout, limits }) =>
    stdout.length === limits.outputBytes ? { outcome: "output_limit" } : {},
  ),
  "one byte more is cut at the limit, counted and told": tells(() => ({ droppedBytes: 0 })),
  "a flood is cut, on stdout and stderr together, and does not take the whole run time": tells(({ outcome, stdout }) =>
    outcome === "output_limit" ? { stdout: Buffer.concat([stdout, stdout]) } : {},
  ),
  "events come in the order of writing and add up to the streams": tells(({ events }) => ({
    events: events.toSorted((one, other) => (one.stream < other.stream ? -1 : 1)),
  })),
  "an event is delivered while the program still runs": delivers(({ onEvent: _onEvent, ...options }) => ({
    ...options,
    // Nothing comes before the end, so nobody aborts: somebody has to, for this test to end.
    signal: AbortSignal.any([AbortSignal.timeout(100)].map(reasoned)),
  })),
  "no event is delivered while the one before is still being handled": delivers(({ onEvent, ...options }) => ({
    ...options,
    ...(onEvent === undefined ? {} : { onEvent: (event: OutputEvent) => rushed(onEvent(event)) }),
  })),
  "what a handler throws ends the execution and is thrown": delivers(({ onEvent, ...options }) => ({
    ...options,
    signal: options.signal ?? AbortSignal.timeout(100),
    onEvent: async (event) => {
      try {
        await onEvent?.(event);
      } catch (failure) {
        if (failure instanceof Error && failure.message === "from the handler") return;
        throw failure;
      }
    },
  })),
  "what a handler's promise rejects with ends the execution and is thrown": delivers(({ onEvent, ...options }) => ({
    ...options,
    signal: options.signal ?? AbortSignal.timeout(100),
    onEvent: (event) => quiet(onEvent?.(event)),
  })),
  "a handler that is slower than the program's own time gets all of it": delivers(({ onEvent, ...options }) => {
    const start = performance.now();
    // Only what comes in the program's own time.
    const soon = (event: OutputEvent) => (performance.now() - start < 50 ? onEvent?.(event) : undefined);
    return { ...options, ...(onEvent === undefined ? {} : { onEvent: soon }) };
  }),
  "the time in which a handler holds a program up is not the program's": tells(({ stdout }) =>
    stdout.length === 25 * 32 * 1024 ? { outcome: "run_timeout" } : {},
  ),
  "a silent program has no event, and its streams are empty": tells(({ events }) => ({
    events: events.length > 0 ? events : [{ stream: "stdout", data: new Uint8Array(), timeNs: 0n }],
  })),

  // Cancellation
  "an aborted signal cancels before anything starts": around((execute, request, { signal: _signal, ...options }) =>
    execute(request, options),
  ),
  "aborting ends a run at once, and the executor goes on": broken(),
  "the signal's own reason is what the call rejects with": around((execute, request, options) =>
    execute(request, options).catch((failure) => {
      throw failure instanceof RunnerError && failure.code === "DEADLINE_EXCEEDED" ? new RunnerError("CANCELLED", "too late") : failure;
    }),
  ),
  "a reason that is not ours is the cause of CANCELLED": around((execute, request, options) =>
    execute(request, options).catch((failure) => {
      throw failure instanceof RunnerError ? new RunnerError(failure.code, failure.message) : failure;
    }),
  ),
  "aborting ends a build at once, and the executor goes on": around((execute, request, { signal, ...options }) =>
    // It builds to the end, and looks then.
    sourceOf(request).includes("// 0.")
      ? execute({ ...request, files: [{ path: "prog.go", content: Buffer.from(sourceOf(request).replace(/\/\/ 0.*\n/, "")) }] }, options)
      : execute(request, signal === undefined ? options : { ...options, signal }),
  ),
  "aborting does not wait for a handler that takes for ever": delivers(({ signal: _signal, onEvent, ...options }) => ({
    ...options,
    ...(onEvent === undefined ? {} : { onEvent: (event: OutputEvent) => patient(onEvent(event)) }),
  })),
  "aborting after the end changes nothing": withGrudge(),
  "aborting one execution leaves its neighbour alone": withOneSignalForAll(),
  "racing executions get their own answers": withOneAnswerForAll(),

  // The fake clock
  "the fake clock starts in 2009, and sleeping takes no time": prints((stdout) => stdout.replaceAll("2009", "2026")),
  "events carry the time of their writing, and both streams merge in order": tells(({ events }, { clock }) =>
    clock === "fake" ? { events: events.map((event) => ({ ...event, timeNs: 0n })) } : {},
  ),
  "under the fake clock output is byte-exact too, whatever it looks like": prints((stdout) => stdout.replaceAll("\0\0PB", "")),
  "the output limit counts what the program wrote, not its frames": tells((execution, { clock, limits }) =>
    clock === "fake" && limits?.outputBytes === 10_000 ? { outcome: "output_limit" } : execution,
  ),
  "a program that never sleeps is stopped by the real clock, under the fake one too": tells(({ outcome }, { clock }) =>
    clock === "fake" && outcome === "run_timeout" ? { outcome: "ok" } : {},
  ),
  "panics and exit codes are those of the real clock": complains((stderr, { clock }) => (clock === "fake" ? `\0\0PB${stderr}` : stderr)),
  "benchmarks under the fake clock are refused": accepts(({ mode, clock }) => mode === "bench" && clock === "fake"),

  // Tests, benchmarks, vet
  "a program without main but with tests is run as go test -v": tells(({ tests }) =>
    tests === undefined ? {} : { tests: tests.filter(({ name }) => !name.includes("/")) },
  ),
  "tests that pass are a success": tells(({ tests, exitCode }) => (tests !== undefined && exitCode === 0 ? { outcome: "exit_error" } : {})),
  "examples and fuzz targets are tests too": tells(({ tests }) =>
    tests === undefined ? {} : { tests: tests.filter(({ name }) => name.startsWith("Test")) },
  ),
  "tests are found in any file and package, and each package's in its own folder": tells(({ tests }) =>
    tests === undefined ? {} : { tests: tests.filter((one) => one.package !== "play/reads") },
  ),
  "the tests of a package that others import are run, and the others find it all the same": tells(({ tests }) =>
    tests === undefined ? {} : { tests: tests.slice(1) },
  ),
  "a test that prints verdicts changes none and invents no test": tellsOfTests((tests) =>
    tests.map((test) => (tests.some(({ output }) => output.includes("PASS: TestA")) ? { ...test, status: "pass" } : test)),
  ),
  "a subtest has its result after output without a newline, and its verdict is shown below its test's": tellsOfTests((tests) =>
    tests.filter(({ name }) => name !== "TestA/s"),
  ),
  "a printed PASS ends no test's output": tellsOfTests((tests) =>
    tests.map((test) => ({ ...test, output: test.output.replace(/PASS\n[\s\S]*$/, "") })),
  ),
  "a panicking test's output holds the panic": tellsOfTests((tests) =>
    tests.map((test) => ({ ...test, output: test.output.replace(/^panic: [\s\S]*$/, "") })),
  ),
  "what is shown holds no byte 0x16 but the program's own, also as it comes": prints((stdout) => stdout.replace("--- ", "\x16--- ")),
  "parallel subtests have their own logs": tellsOfTests((tests) =>
    tests.map((test) => (test.name === "TestA/y" ? { ...test, output: `${tests[1]?.output}${test.output}` } : test)),
  ),
  "asking for less than -test.v costs no result": tells((_execution, { args }) => (args?.[0] === "-test.v" ? { tests: [] } : {})),
  "of two packages the first one's failure is the outcome": tells(({ tests }) =>
    tests?.at(-1)?.status === "pass" ? { outcome: "ok", exitCode: 0 } : {},
  ),
  "under the fake clock the times of two packages' tests never go back": tells(({ events, tests }) =>
    tests === undefined ? {} : { events: events.toReversed() },
  ),
  "benchmarks that fail or skip have a result, and their output": tellsOfTests((tests) =>
    tests.filter(({ name, status }) => !name.startsWith("Benchmark") || status === "pass"),
  ),
  "a program with main runs, and is tested when asked": takes(({ files }) =>
    files.some(({ path }) => path.endsWith("_test.go")) ? { mode: "test" } : {},
  ),
  "a program without tests can't be tested": takes(({ files, mode }) => (mode === "test" && files.length === 1 ? { mode: "run" } : {})),
  "a mistake in a test is told with its place": tells(({ diagnostics }) => ({
    diagnostics: diagnostics.map((one) => (one.line === 5 ? { ...one, line: 6 } : one)),
  })),
  "a test that panics, exits or hangs has failed, and what came before counts": tells(({ tests, outcome }) =>
    tests === undefined || outcome === "ok" ? {} : { tests: tests.filter(({ status }) => status === "pass") },
  ),
  "arguments reach the test binary": tells(({ tests }, { args }) =>
    tests === undefined || args?.[0] !== "-test.run=Two"
      ? {}
      : { tests: [{ package: "play", name: "TestOne", status: "pass", elapsedMs: 0, output: "" }, ...tests] },
  ),
  "benchmarks run when asked, and only then": takes(({ args }) => (args?.[0] === "-test.benchtime=10x" ? { mode: "bench" } : {})),
  "vet's findings come with the execution, and keep no program from running": tells(({ vet }) =>
    vet !== undefined && vet.length > 0 ? { outcome: "compile_error" } : {},
  ),
  "vet finds nothing in a good program, and is silent when not asked": takes(() => ({ vet: true })),
  "vet looks at every package, and at tests, under the names that were sent": tells(({ vet }) =>
    vet === undefined ? {} : { vet: vet.map((one) => ({ ...one, file: one.file?.replace("tests.go", "tests_test.go") ?? "" })) },
  ),
  "a program that does not compile has diagnostics, and no findings": tells(({ outcome }, { vet }) =>
    vet === true && outcome === "compile_error" ? { vet: [] } : {},
  ),

  // Refusals
  ...Object.fromEntries(
    Object.entries({
      "no file": ({ files }) => files.length === 0,
      "a name that escapes": has((path) => path.startsWith("..")),
      "an absolute name": has((path) => path.startsWith("/")),
      "a name with a NUL": has((path) => path.includes("\0")),
      "a name like an option": has((path) => path.startsWith("-")),
      assembly: has((path) => path.endsWith(".s")),
      "a header": has((path) => path.endsWith(".h")),
      "a workspace": has((path) => path === "go.work"),
      "a vendor folder": has((path) => path.startsWith("vendor/")),
      "a second module": has((path) => path === "a/go.mod"),
      "a name with a newline": has((path) => path.includes("\n")),
      "a name with a backslash": has((path) => path.includes("\\")),
      "a name that is not clean": has((path) => path.includes("//")),
      "names that differ in case only": has((path) => path === "PROG.go"),
      "a file that is a folder too": has((path) => path === "prog.go/x.go"),
      "too many files": ({ files }) => files.length > 100,
      "a name twice": ({ files }) => new Set(files.map(({ path }) => path)).size < files.length,
      "a limit of 0": ({ limits }) => limits?.runTimeoutMs === 0,
      "a limit above the executor's own": ({ limits }) => (limits?.memoryBytes ?? 0) > 2 ** 40,
      "a limit that is no number": ({ limits }) => Number.isNaN(limits?.outputBytes),
      "a limit that is a fraction": ({ limits }) => limits?.runTimeoutMs === 0.5,
      "another toolchain": ({ toolchain }) => toolchain !== undefined,
      "a variable for the dynamic linker": ({ env }) => env?.["LD_PRELOAD"] !== undefined,
      "a variable that says where things are": ({ env }) => env?.["PATH"] !== undefined,
      "an argument with a NUL": ({ args }) => args?.some((arg) => arg.includes("\0")) === true,
    } satisfies Record<string, (request: ExecutionRequest) => boolean>).map(([what, isWhat]) => [`${what} is refused`, accepts(isWhat)]),
  ),
  "limits that are exactly the executor's own are accepted": around(async (execute, request, options) => {
    const execution = await execute(request, options);
    if ((request.limits?.memoryBytes ?? 0) >= execution.limits.memoryBytes) throw new RunnerError("INVALID_ARGUMENT", "too much memory");
    return execution;
  }),
};

/** For each rule of an executor with a queue one that breaks it. */
const small: Record<string, () => CodeExecutor> = {
  "a full queue refuses at once, and says when to come back": around(
    (execute, request, options) =>
      execute(request, options).catch((failure) => {
        throw failure instanceof RunnerError ? new RunnerError(failure.code, failure.message) : failure;
      }),
    size,
  ),
  "who waits is not run before there is room, and tells how long it waited": () => new ScriptedExecutor({ concurrency: 2 }),
  "who waits can be cancelled, and leaves its place in the queue to another": around(async (execute, request, { signal, ...options }) => {
    // The place is left when its turn comes, not before.
    const place = execute(request, { ...options, ...(options.onEvent === undefined || signal === undefined ? {} : { signal }) });
    if (options.onEvent !== undefined || signal === undefined) return place;
    place.catch(() => {});
    return new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(new RunnerError("CANCELLED", "cancelled"))));
  }, size),
};

provesKit<Executors>({
  port: "CodeExecutor",
  declare: (it, executors) =>
    codeExecutorContract(it, opening(executors.usual), {
      openSmall: opening(executors.small),
      openUnavailable: opening(executors.unavailable),
    }),
  correct,
  mutants: {
    ...Object.fromEntries(Object.entries(usual).map(([rule, mutant]) => [rule, () => ({ ...correct(), usual: mutant })])),
    ...Object.fromEntries(Object.entries(small).map(([rule, mutant]) => [rule, () => ({ ...correct(), small: mutant })])),
    "without toolchain or sandbox it is UNAVAILABLE": () => ({
      ...correct(),
      unavailable: () => ({ execute: () => Promise.reject(new Error("spawn go ENOENT")) }),
    }),
  },
});

function has(isPath: (path: string) => boolean) {
  return ({ files }: ExecutionRequest) => files.some(({ path }) => isPath(path));
}

const reasoned = (signal: AbortSignal) => {
  const controller = new AbortController();
  signal.addEventListener("abort", () => controller.abort(new RunnerError("DEADLINE_EXCEEDED", "nothing came")));
  return controller.signal;
};

/** Does not wait for it. */
function rushed(handled: void | Promise<void>): void {
  if (handled instanceof Promise) handled.catch(() => {});
}

/** Nobody hears of its failure. */
async function quiet(handled: void | Promise<void>): Promise<void> {
  await Promise.resolve(handled).catch(() => {});
}

/** Waits a long time, and then no longer. */
async function patient(handled: void | Promise<void>): Promise<void> {
  await Promise.race([handled, pause(200)]);
  throw new Error("the handler took too long");
}

/** Its files stay. */
function withMemory(): () => CodeExecutor {
  return () => {
    let isFirst = true;
    return tells((execution, request) => {
      if (!sourceOf(request).includes("/tmp/left") || isFirst) {
        isFirst &&= !sourceOf(request).includes("/tmp/left");
        return execution;
      }
      return { stdout: Buffer.from("false <nil>\n") };
    })();
  };
}

/** An abort takes the whole executor with it. */
function broken(): () => CodeExecutor {
  return () => {
    let isBroken = false;
    return around(async (execute, request, options) => {
      if (isBroken) throw new RunnerError("INTERNAL", "the sandbox is gone");
      return execute(request, options).catch((failure) => {
        isBroken = true;
        throw failure;
      });
    })();
  };
}

/** Never stops listening to a signal. */
function withGrudge(): () => CodeExecutor {
  return () => {
    const seen: AbortSignal[] = [];
    return around(async (execute, request, options) => {
      if (seen.some(({ aborted }) => aborted)) throw new RunnerError("CANCELLED", "cancelled");
      if (options.signal instanceof AbortSignal) seen.push(options.signal);
      return execute(request, options);
    })();
  };
}

/** Whose signal aborts is forgotten. */
function withOneSignalForAll(): () => CodeExecutor {
  return () => {
    const all = new AbortController();
    return around((execute, request, { signal, ...options }) => {
      signal?.addEventListener("abort", () => all.abort(signal.reason));
      return execute(request, { ...options, signal: all.signal });
    })();
  };
}

/** Everybody gets what the last one asked for. */
function withOneAnswerForAll(): () => CodeExecutor {
  return () => {
    let last: ExecutionRequest | undefined;
    return around(async (execute, request, options) => {
      last = request;
      await pause(1);
      return execute(last, options);
    })();
  };
}
