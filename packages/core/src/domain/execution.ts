import type { Limits } from "./limits.js";

/** One file of a program. */
export interface SourceFile {
  /** Slash-separated, relative, clean (`prog.go`, `geometry/area.go`). */
  path: string;
  content: Uint8Array;
}

/** What to build and run, and how. */
export interface ExecutionRequest {
  files: SourceFile[];
  /** The program's standard input; absent: empty. */
  stdin?: Uint8Array;
  /** The program's arguments, without its name. */
  args?: string[];
  /** Variables added to the program's environment; which ones may be is the executor's to say, and `APP_…` always may. */
  env?: Record<string, string>;
  /**
   * `run` is `test` too for what has tests and no main. Tests are run as by `go test -v ./...`: a package whose tests do not
   * compile keeps no other's from being run, but one that reaches a limit does.
   */
  mode: "run" | "test" | "bench";
  /** `fake`: time starts at 2009-11-10 23:00 UTC and passes only while the program sleeps. */
  clock: "real" | "fake";
  /** Whether `go vet` looks at the program too. */
  vet?: boolean;
  /** Limits of this execution; each absent one is the executor's own, and none may exceed it. */
  limits?: Partial<Limits>;
  /** A toolchain by its name (`go1.26.8`); absent: the executor's default. */
  toolchain?: string;
  /** Who asks, for fairness between callers; never shown to the program. */
  caller?: string;
}

/** How an execution ended. Only `ok` is a success; none of them is an error of ours. */
export type Outcome =
  | "ok"
  | "compile_error"
  | "fetch_error"
  | "fetch_timeout"
  | "build_timeout"
  | "build_limit"
  | "exit_error"
  | "run_timeout"
  | "cpu_limit"
  | "memory_limit"
  | "output_limit"
  | "process_limit"
  | "killed";

/** A piece of output, in the order in which the program wrote it. */
export interface OutputEvent {
  stream: "stdout" | "stderr";
  data: Uint8Array;
  /** When it was written, in nanoseconds since the program's start by the clock of the request. */
  timeNs: bigint;
}

/** One message of the compiler or of vet. */
export interface Diagnostic {
  /** As in the request, or as a line directive in it says; absent where the toolchain names no file. */
  file?: string;
  /** From 1. */
  line?: number;
  /** From 1, in bytes. */
  column?: number;
  message: string;
}

export interface TestResult {
  package: string;
  name: string;
  status: "pass" | "fail" | "skip";
  elapsedMs: number;
  output: string;
}

/** Everything that is known about one execution. */
export interface Execution {
  outcome: Outcome;
  /** The program's exit code; absent when it never ran or a signal ended it. */
  exitCode?: number;
  /** The signal that ended the program (`SIGSEGV`). */
  signal?: string;
  /**
   * What the program wrote to stdout, up to the output limit. Of the tests of several packages there is a line for each, as
   * `go test` writes it; `[build failed]` or, after a limit, `[not run]` stands in those that were not run.
   */
  stdout: Uint8Array;
  /** What the program wrote to stderr, up to the output limit; of what was not built, what the toolchain said. */
  stderr: Uint8Array;
  /**
   * stdout and stderr again, in the order of their writing. Where a program has written tens of thousands of pieces, an
   * executor may join a later one to the last before it of the same stream, whose time and place it then has; `onEvent` is
   * told of each as it is.
   */
  events: OutputEvent[];
  /**
   * Where the goroutines were of a program whose time was up, as Go tells it on SIGQUIT; up to 64 KiB. Absent where it
   * told nothing. What it writes after its time is up is no output any more.
   */
  goroutines?: string;
  /** Bytes that the program wrote beyond the output limit, as far as they were seen before it was killed. */
  droppedBytes: number;
  /** Of a program that was not built; also of single packages with tests that were not, while others' tests were run. */
  diagnostics: Diagnostic[];
  vet?: Diagnostic[];
  tests?: TestResult[];
  timings: Timings;
  usage: Usage;
  /** The name of the toolchain that built it (`go1.26.8`). */
  toolchain: string;
  /** The limits that were in force. */
  limits: Limits;
  /** Set where the outcome is a well-founded guess and not a measured cause. */
  inferred?: boolean;
}

/** Wall time of each phase, in milliseconds. */
export interface Timings {
  queueMs: number;
  fetchMs: number;
  buildMs: number;
  runMs: number;
}

/** What the program's run used. */
export interface Usage {
  cpuMs: number;
  peakMemoryBytes: number;
}
