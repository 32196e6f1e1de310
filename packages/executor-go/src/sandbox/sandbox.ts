/**
 * One single-use sandbox: started, given one job, and gone. Whatever happens, when `run` settles nothing of it is left.
 *
 * bubblewrap makes the walls; the supervisor inside is pid 1 and runs the job. Its socket is the leash: when it closes,
 * because we close it or because this process died, the supervisor exits and the kernel ends everything in its pid
 * namespace.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import { type CancelSignal, cancellationOf, internal, unavailable } from "@gorunner/core";
import { bubblewrapArgs, type SandboxLayout, statusFd } from "./bubblewrap.js";
import type { Cgroup, CgroupLimits, Cgroups } from "./cgroups.js";
import { type Frame, FrameReader } from "./frame-reader.js";
import { encodeJob, type Job, type JobEnd } from "./job.js";

export interface SandboxHost {
  bubblewrap: string;
  supervisor: string;
  etc: string;
  /** Absent where only rlimits hold. */
  cgroups: Cgroups | undefined;
}

export interface SandboxRequest {
  host: SandboxHost;
  layout: Omit<SandboxLayout, "supervisor" | "etc">;
  /** Absent: the server's own user. */
  uid?: number;
  limits: CgroupLimits;
  job: Job;
  /** An open file that receives the job's artifact. */
  artifactFd?: number;
  /** Called for each piece of output; while its promise is pending the job's writes wait. */
  onOutput(frame: Frame): void | Promise<void>;
  signal?: CancelSignal;
}

export interface SandboxResult {
  /** Absent when the job took the sandbox down with it; the events then say why. */
  end?: JobEnd;
  memoryKills: number;
  processRefusals: number;
}

/** How much longer than its own timeout a job may keep the sandbox before we stop trusting the supervisor. */
const graceMs = 5_000;
const maxComplaintBytes = 2_048;

/**
 * Runs one job in a sandbox of its own.
 * @throws RunnerError UNAVAILABLE when the sandbox can't be started; the cancellation of `signal`.
 */
export async function runInSandbox(request: SandboxRequest): Promise<SandboxResult> {
  const { host, signal } = request;
  const cgroup = await host.cgroups?.create(randomUUID(), request.limits);
  try {
    if (signal?.aborted) throw cancellationOf(signal);
    const end = await new SandboxProcess(request, cgroup).run();
    const events = (await cgroup?.events()) ?? { memoryKills: 0, processRefusals: 0 };
    return { ...(end === undefined ? {} : { end }), ...events };
  } finally {
    await cgroup?.remove();
  }
}

class SandboxProcess {
  readonly #request: SandboxRequest;
  readonly #cgroup: Cgroup | undefined;
  readonly #child: ChildProcess;
  readonly #control: Socket;
  readonly #frames = new FrameReader();
  #complaint = "";
  #end: JobEnd | undefined;
  #failure: unknown;

  constructor(request: SandboxRequest, cgroup: Cgroup | undefined) {
    this.#request = request;
    this.#cgroup = cgroup;
    const { host, layout, uid } = request;
    this.#child = spawn(host.bubblewrap, bubblewrapArgs({ ...layout, supervisor: host.supervisor, etc: host.etc }), {
      // An empty environment: bubblewrap's own can be read in the sandbox as /proc/1/environ.
      env: {},
      cwd: "/",
      // A group of its own, so that one kill reaches all of it also while it starts.
      detached: true,
      stdio: ["ignore", "ignore", "pipe", "pipe", "pipe", request.artifactFd ?? "ignore"],
      ...(uid === undefined ? {} : { uid, gid: uid }),
    });
    this.#control = this.#child.stdio[3] as Socket;
  }

  /** @returns how the job ended; undefined when it took the supervisor down with it. */
  async run(): Promise<JobEnd | undefined> {
    const { signal, job } = this.#request;
    const closed = new Promise<void>((resolve) => this.#child.once("close", () => resolve()));
    this.#child.once("error", (error) => this.#fail(unavailable("the sandbox could not be started", error)));
    const onAbort = () => signal !== undefined && this.#fail(cancellationOf(signal));
    signal?.addEventListener("abort", onAbort);
    const overdue = setTimeout(() => this.#fail(internal("the sandbox did not end in time")), job.timeoutMs + graceMs);
    this.#collectComplaint();
    try {
      await Promise.race([this.#converse(), closed]);
      if (this.#end !== undefined) this.#leash();
      await closed;
    } catch (error) {
      this.#fail(error);
      await closed;
    } finally {
      clearTimeout(overdue);
      signal?.removeEventListener("abort", onAbort);
    }
    if (this.#failure !== undefined) throw this.#failure;
    return this.#end;
  }

  /** Sends the job and takes in all that comes back. */
  async #converse(): Promise<void> {
    await this.#enterCgroup();
    // The sandbox may die while we write; how it ended says more than a broken pipe.
    this.#control.on("error", () => {});
    for (const part of encodeJob(this.#request.job)) this.#control.write(part);
    for await (const chunk of this.#control as AsyncIterable<Buffer>) {
      for (const frame of this.#frames.read(chunk)) {
        if (frame.kind === "x") this.#end = JSON.parse(frame.payload.toString("utf8")) as JobEnd;
        else await this.#request.onOutput(frame);
      }
      if (this.#end !== undefined) return;
    }
  }

  /** The job is sent only when its future pid 1 is in the group, so that none of it escapes the limits. */
  async #enterCgroup(): Promise<void> {
    const pid = await firstPid(this.#child.stdio[statusFd] as Readable);
    if (pid === undefined) throw unavailable(`the sandbox could not be started: ${this.#complaint.trim() || "no reason given"}`);
    await this.#cgroup?.add(pid);
  }

  #collectComplaint(): void {
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#complaint = (this.#complaint + text).slice(0, maxComplaintBytes);
    });
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#leash();
  }

  /** Ends everything: the closed socket stops the supervisor wherever it is, the signal stops bubblewrap around it. */
  #leash(): void {
    this.#control.destroy();
    const { pid, exitCode, signalCode } = this.#child;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    try {
      process.kill(-pid, "SIGKILL");
    } catch (error) {
      // ESRCH: it has just ended by itself.
      if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
    }
  }
}

/** The pid of the sandbox's first process as the host sees it, from bubblewrap's status; undefined if it never came to be. */
async function firstPid(status: Readable): Promise<number | undefined> {
  return new Promise((resolve) => {
    let text = "";
    status.setEncoding("utf8");
    status.on("data", (chunk: string) => {
      text = (text + chunk).slice(0, maxComplaintBytes);
      const pid = /"child-pid":\s*(\d+)/.exec(text)?.[1];
      if (pid !== undefined) resolve(Number(pid));
    });
    status.once("close", () => resolve(undefined));
    status.once("error", () => resolve(undefined));
  });
}
