/** What runs in a sandbox and how it ended: the two messages between this process and the supervisor (supervisor/job.go, frames.go). */
import type { SourceFile } from "@gorunner/core";

/** The process that a job is for. */
export interface JobProcess {
  /** The program by its absolute path inside the sandbox, and its arguments. */
  argv: string[];
  env: Record<string, string>;
  rlimits: ResourceLimits;
}

export interface Job {
  /** Absent: the one that was started with the sandbox. */
  process?: JobProcess;
  /** Where the files are written, inside the sandbox. */
  directory: string;
  files: SourceFile[];
  /** Where the program starts; absent: where the files are. */
  workingDirectory?: string;
  stdin?: Uint8Array;
  timeoutMs: number;
  /** stdout and stderr together. */
  outputBytes: number;
  /** Processor time of all its processes together; absent: no limit. */
  cpuMs?: number;
  /** What all that it writes may take; absent: as much as its file system holds. */
  diskBytes?: number;
  /** What it may take of memory that the supervisor counts (supervisor/memory.go); absent: as much as there is. */
  memory?: { bytes: number; countPages: boolean };
  /** How many files it may have; absent: as many as there can be. */
  maxFiles?: number;
  /** How much is kept of what it says when its time is up and it is asked for its goroutines; absent: it is killed at once. */
  dumpBytes?: number;
  /** Whether it was built for the fake clock. */
  fakeClock?: boolean;
  /** The file inside the sandbox that a successful job leaves behind for us, and how large it may be. */
  artifact?: { path: string; maxBytes: number };
}

/** Limits of each process of the job, by setrlimit(2); absent means none. */
export interface ResourceLimits {
  dataBytes?: number;
  /** Address space, whatever of it is in memory. */
  addressBytes?: number;
  fileBytes?: number;
  openFiles?: number;
  processes?: number;
  cpuSeconds?: number;
}

/** How a job ended, as the supervisor saw it. */
export interface JobEnd {
  /** Why the job could not be started; the rest is then void. */
  failure?: string;
  /** Why the kernel would not execute the program. */
  unstartable?: string;
  exitCode: number;
  /** The signal's number; 0: none. */
  signal: number;
  /** The limit for which the supervisor ended it. */
  killedFor?: "timeout" | "cpu" | "memory" | "disk" | "files" | "output";
  wallNs: number;
  cpuNs: number;
  peakBytes: number;
  droppedBytes: number;
  artifactBytes: number;
  artifactFailure?: string;
  /** Why our own file could not take the artifact, as when the disk is full. */
  hostFailure?: string;
}

/**
 * The job as the supervisor reads it: the header's length, the header, then the bytes of files and stdin.
 * @param filter the system call filter for its process alone.
 */
export function encodeJob(job: Job, filter?: Uint8Array): Uint8Array[] {
  const stdin = job.stdin ?? new Uint8Array();
  const header = encodeHeader({
    dir: job.directory,
    files: job.files.map(({ path, content }) => ({ path, bytes: content.length })),
    cwd: job.workingDirectory ?? job.directory,
    ...(job.process === undefined ? {} : processFields(job.process)),
    stdinBytes: stdin.length,
    timeoutMs: job.timeoutMs,
    outputBytes: job.outputBytes,
    cpuMs: job.cpuMs ?? 0,
    dumpBytes: job.dumpBytes ?? 0,
    fakeClock: job.fakeClock ?? false,
    diskBytes: job.diskBytes ?? 0,
    maxFiles: job.maxFiles ?? 0,
    memoryBytes: job.memory?.bytes ?? 0,
    countPages: job.memory?.countPages ?? false,
    artifact: job.artifact?.path ?? "",
    artifactBytes: job.artifact?.maxBytes ?? 0,
    ...(filter === undefined ? {} : { filter: Buffer.from(filter).toString("base64") }),
  });
  // An empty last part would still be written, after the supervisor had all and perhaps has gone: a broken pipe.
  return [header, ...job.files.map(({ content }) => content), stdin].filter((part) => part.length > 0);
}

/** What starts the launcher ahead of its job, which becomes the job's process under a filter of its own (supervisor/launcher.go). */
export function encodeLauncher(): Uint8Array {
  return encodeHeader({ launcher: true });
}

/** What the supervisor is told behind its job (supervisor/control.go): whether we wait for the client, who takes the output. */
export const waitsForClient = "h";
export const waitsNoMore = "r";

/** What starts a process ahead of its job. */
export function encodeAhead(process: JobProcess): Uint8Array {
  return encodeHeader({ ahead: true, cwd: "/", ...processFields(process) });
}

const processFields = ({ argv, env, rlimits }: JobProcess) => ({
  argv,
  env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
  limits: rlimits,
});

function encodeHeader(header: object): Uint8Array {
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  return Buffer.concat([length, text]);
}
