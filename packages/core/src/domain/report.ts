/**
 * An execution told to a person as two texts: what the program printed, and what went wrong.
 * This is what `RunCode` answers and what is stored with a shared snippet.
 */
import type { Execution } from "./execution.js";
import { decodeUtf8 } from "./text.js";

export interface Report {
  /** The program's stdout; invalid UTF-8 reads as U+FFFD. */
  output: string;
  /** Empty when the program succeeded and wrote nothing to stderr. */
  error: string;
}

export function reportOf(execution: Execution): Report {
  return reportWith(execution, { stdout: decodeUtf8(execution.stdout), stderr: decodeUtf8(execution.stderr) });
}

/** The same of an execution whose output has been read as text already. */
export function reportWith(execution: Execution, { stdout, stderr }: { stdout: string; stderr: string }): Report {
  const verdict = verdictOf(execution);
  return { output: stdout, error: verdict === "" ? stderr : endLine(stderr) + verdict };
}

const endLine = (text: string) => (text === "" || text.endsWith("\n") ? text : `${text}\n`);

/** The last line that says how a failed execution ended; empty where the text above it says all. */
function verdictOf(execution: Execution): string {
  const { limits } = execution;
  switch (execution.outcome) {
    case "ok":
    case "compile_error":
    case "fetch_error":
      return "";
    case "exit_error":
      return `exit status ${execution.exitCode ?? "unknown"}`;
    case "killed":
      return `signal: ${signalNames[execution.signal ?? ""] ?? execution.signal ?? "killed"}`;
    case "fetch_timeout":
      return "fetching modules timed out";
    case "build_timeout":
      return `build timed out after ${duration(limits.buildTimeoutMs)}`;
    case "build_limit":
      return "the build used too much memory, output or disk";
    case "run_timeout":
      return `timed out after ${duration(limits.runTimeoutMs)}`;
    case "cpu_limit":
      return `cpu limit of ${duration(limits.cpuMs ?? limits.runTimeoutMs)} exceeded`;
    case "memory_limit":
      return `memory limit of ${size(limits.memoryBytes)} exceeded`;
    case "output_limit":
      return `output limit of ${size(limits.outputBytes)} exceeded`;
    case "process_limit":
      return `process limit of ${limits.processes} exceeded`;
  }
}

/** `5s`, `1.5s`, `250ms`, as Go writes durations below a minute. */
export function duration(milliseconds: number): string {
  return milliseconds < 1000 ? `${milliseconds}ms` : `${milliseconds / 1000}s`;
}

/** `256 MiB`, `64 KiB`, `100 bytes`: the largest unit that divides it. */
export function size(bytes: number): string {
  for (const [unit, name] of [
    [2 ** 30, "GiB"],
    [2 ** 20, "MiB"],
    [2 ** 10, "KiB"],
  ] as const) {
    if (bytes >= unit && bytes % unit === 0) return `${bytes / unit} ${name}`;
  }
  return `${bytes} bytes`;
}

/** Go's words for signals (`syscall.Signal.String`, zerrors_linux_amd64.go). */
const signalNames: Record<string, string> = {
  SIGHUP: "hangup",
  SIGINT: "interrupt",
  SIGQUIT: "quit",
  SIGILL: "illegal instruction",
  SIGTRAP: "trace/breakpoint trap",
  SIGABRT: "aborted",
  SIGBUS: "bus error",
  SIGFPE: "floating point exception",
  SIGKILL: "killed",
  SIGUSR1: "user defined signal 1",
  SIGSEGV: "segmentation fault",
  SIGUSR2: "user defined signal 2",
  SIGPIPE: "broken pipe",
  SIGALRM: "alarm clock",
  SIGTERM: "terminated",
};
