/** Runs a built program in a sandbox of its own, and takes in what it writes. */
import { posix } from "node:path";
import type { CancelSignal, ExecuteOptions, Execution, ExecutionRequest, Limits, Turns } from "@gorunner/core";
import type { Job } from "../sandbox/job.js";
import type { Locate } from "../sandbox/tier.js";
import { Slices } from "../text/slices.js";
import { runOutcomeOf, type Verdict } from "../verdict/run-outcome.js";
import { Output } from "./output.js";
import type { RunSandbox } from "./run-sandbox.js";

export interface RunRequest {
  request: ExecutionRequest;
  /** Absent: the request's own. */
  args?: string[];
  /** The folder of the program's files in which it starts, `.` for their root. */
  directory: string;
  limits: Limits;
  /** Whether a control group limits memory and processes exactly. */
  exact: boolean;
  /** How many pieces of output are kept apart; absent: as many as of any. */
  maxPieces?: number;
  turns: Turns;
  onEvent?: ExecuteOptions["onEvent"];
  signal?: CancelSignal;
}

export type RunResult = Verdict &
  Pick<Execution, "stdout" | "stderr" | "events" | "droppedBytes" | "usage" | "goroutines"> & { runMs: number };

const openFiles = 1024;
/** Of the goroutines of a program whose time was up. */
const dumpBytes = 64 * 1024;
/** The supervisor watches the processor time; the kernel's limit, which counts each process by itself, is there if it can't. */
const cpuGraceSeconds = 2;
/** RLIMIT_CPU counts whole seconds. */
const toSeconds = (milliseconds: number) => Math.ceil(milliseconds / 1000);

/** Runs the binary that is in the sandbox's directory. */
export async function runProgram({ sandbox }: RunSandbox, run: RunRequest): Promise<RunResult> {
  const { request, limits, exact, signal } = run;
  const output = new Output({
    fakeClock: request.clock === "fake",
    onEvent: run.onEvent,
    ...(run.maxPieces === undefined ? {} : { maxPieces: run.maxPieces }),
  });
  const result = await sandbox.run({
    limits: { memoryBytes: limits.memoryBytes, processes: limits.processes + supervisorThreads },
    job: jobFor(run, sandbox.locate),
    onOutput: (frame) => output.take(frame),
    ...(signal === undefined ? {} : { signal }),
  });
  const { end } = result;
  if (end?.failure !== undefined) throw new Error(`the program could not be started: ${end.failure}`);
  if (end?.unstartable !== undefined) {
    await output.take({ kind: "e", timeNs: 0n, payload: Buffer.from(`the program can't be executed: ${end.unstartable}\n`) });
  }
  const stderr = output.of("stderr");
  return {
    ...runOutcomeOf(result, { exact, stderr: stderr.toString("latin1") }),
    stdout: output.of("stdout"),
    stderr,
    events: await output.events(new Slices(run.turns)),
    ...output.goroutines(),
    droppedBytes: end?.droppedBytes ?? 0,
    usage: { cpuMs: (end?.cpuNs ?? 0) / 1e6, peakMemoryBytes: end?.peakBytes ?? 0 },
    runMs: (end?.wallNs ?? 0) / 1e6,
  };
}

function jobFor({ request, args, directory, limits, exact }: RunRequest, locate: Locate): Job {
  const processes = limits.processes + supervisorThreads;
  return {
    process: {
      argv: [locate("/app/prog"), ...(args ?? request.args ?? [])],
      env: { HOME: locate("/tmp"), PATH: locate("/app"), TMPDIR: locate("/tmp"), LANG: "C.UTF-8", ...request.env },
      rlimits: {
        ...(exact ? {} : { dataBytes: limits.memoryBytes, addressBytes }),
        ...(limits.cpuMs === undefined ? {} : { cpuSeconds: toSeconds(limits.cpuMs) + cpuGraceSeconds }),
        fileBytes: limits.diskBytes,
        openFiles,
        // Where a control group counts exactly, and says so, it should be the one to refuse.
        processes: exact ? processes * 2 : processes,
      },
    },
    // A program finds its files where it starts, as in a checkout.
    directory: locate("/tmp"),
    files: request.files,
    workingDirectory: posix.join(locate("/tmp"), directory),
    ...(request.stdin === undefined ? {} : { stdin: request.stdin }),
    timeoutMs: limits.runTimeoutMs,
    dumpBytes,
    fakeClock: request.clock === "fake",
    ...(limits.cpuMs === undefined ? {} : { cpuMs: limits.cpuMs }),
    outputBytes: limits.outputBytes,
    memory: { bytes: limits.memoryBytes, countPages: !exact },
    // Where no control group counts it, the kernel's memory for files is counted as the program's.
    ...(exact ? {} : { maxFiles: Math.ceil(limits.memoryBytes / kernelBytesPerFile) }),
  };
}

/**
 * A Go program takes 1.2 GiB at its start. What it takes the kernel to keep track of address space is nobody's where no control
 * group counts it: of so much it is 32 MiB at most.
 */
const addressBytes = 16 * 1024 * 1024 * 1024;

/** About what an inode and a name of tmpfs take. */
const kernelBytesPerFile = 1024;

/** The supervisor shares the program's limits on processes and threads. */
const supervisorThreads = 16;
