/**
 * What keeps strangers' code in. A tier is one kind of sandbox; build, run, modules and pool know of sandboxes only what
 * stands here, so that another kind can take the place of bubblewrap.
 */
import type { CancelSignal } from "@gorunner/core";
import type { CgroupLimits } from "./cgroups.js";
import type { Frame } from "./frame-reader.js";
import type { Job, JobEnd, JobProcess } from "./job.js";
import type { Purpose } from "./seccomp/filters.js";

/** What limits memory and processes: control groups, exactly; or rlimits alone, process by process. */
export type ResourceMode = "cgroup-v2" | "cgroup-v1" | "rlimits";

export interface SandboxTier {
  readonly name: "bubblewrap" | "none";
  readonly resources: ResourceMode;
  /** What runs under a filter of system calls: all that is in a sandbox, or users' programs alone. */
  readonly seccomp: "all" | "programs";
  /**
   * Starts a sandbox that waits for its job, under its limits from the first moment in which it can do anything.
   * @throws RunnerError UNAVAILABLE when it can't be started; nothing of it is left then.
   */
  start(start: SandboxStart): Promise<Sandbox>;
}

/** Whether memory and processes are limited exactly, so that silence about them means that they were not the cause. */
export const isExact = ({ resources }: SandboxTier) => resources !== "rlimits";

/** One single-use sandbox: started, given one job, discarded. */
export interface Sandbox {
  /** Whether it can still be given a job. */
  readonly isAlive: boolean;
  /** All paths in a job are as its processes see them: see {@link Locate}. */
  readonly locate: Locate;
  /**
   * Puts the program that is to run at `/app/prog`, where its layout has room for one; once, before the job.
   * @throws RunnerError UNAVAILABLE when the host lacks memory or the file is gone.
   */
  install(program: ProgramFile): Promise<void>;
  /**
   * Runs its one job. When it resolves all processes of the job are dead, and what remains is to be discarded; when it
   * rejects all is gone.
   * @throws RunnerError the cancellation of the job's signal; INTERNAL when the sandbox does not behave.
   */
  run(request: SandboxJob): Promise<SandboxResult>;
  /** Ends it, with whatever runs in it: when it resolves, nothing is left. Safe to call twice. */
  discard(): Promise<void>;
}

/**
 * Where the processes of a sandbox find what its layout puts at a path. That is the path itself where the sandbox has a
 * root of its own, and elsewhere where it has none.
 */
export type Locate = (path: string) => string;

/** Whether the sandbox's `/tmp` is a file system of its own, so that what is in use of it is what the job has written. */
export const hasOwnTmp = (locate: Locate) => locate("/tmp") === "/tmp";

/** A program as a part of a file on the host. */
export interface ProgramFile {
  path: string;
  offset: number;
  bytes: number;
}

export interface Mount {
  /** On the host. */
  from: string;
  /** In the sandbox. */
  to: string;
}

/** What is in a sandbox, beside what every one has: the supervisor, a private `/tmp`, a skeleton of `/etc`. */
export interface SandboxLayout {
  readOnly: Mount[];
  /** What outlives the sandbox. */
  writable?: Mount[];
  /** The largest program that can be installed in `/app`; absent: there is no `/app`. */
  programBytes?: number;
  /** Size of the private /tmp. */
  tmpBytes: number;
}

export interface SandboxStart {
  purpose: Purpose;
  layout: SandboxLayout;
  /** Absent: the server's own user. */
  uid?: number;
  /** The file that receives the job's artifact. */
  artifact?: string;
  /** A process that is started now, and waits on its stdin for the job. */
  ahead?: (locate: Locate) => JobProcess;
}

export interface SandboxJob {
  job: Job;
  limits: CgroupLimits;
  /** Called for each piece of output; while its promise is pending the job's writes wait. */
  onOutput(frame: Frame): void | Promise<void>;
  signal?: CancelSignal;
}

export interface SandboxResult {
  /** Absent when the whole sandbox ended for lack of memory or threads, which the events then tell. */
  end?: JobEnd;
  memoryKills: number;
  processRefusals: number;
}
