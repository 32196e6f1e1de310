/**
 * One single-use sandbox: started, given one job, discarded. Whatever happens, when `discard` resolves nothing of it is
 * left.
 *
 * bubblewrap makes the walls; the supervisor inside is pid 1 and waits for the job on a socket, so that a sandbox can be
 * started ahead of its job. The socket is also the leash: when it closes, because we close it or because this process
 * died, the supervisor exits and the kernel ends everything in its pid namespace.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import { type CancelSignal, cancellationOf, internal, unavailable } from "@gorunner/core";
import { Countdown } from "../pool/countdown.js";
import { bubblewrapArgs, type SandboxLayout, statusFd } from "./bubblewrap.js";
import type { Cgroup, CgroupLimits, Cgroups } from "./cgroups.js";
import type { Frame } from "./frame-reader.js";
import { encodeAhead, encodeJob, type Job, type JobEnd, type JobProcess } from "./job.js";
import { firstPid, framesFrom } from "./wires.js";

export interface SandboxHost {
  bubblewrap: string;
  supervisor: string;
  etc: string;
  /** Absent where only rlimits hold. */
  cgroups: Cgroups | undefined;
}

export interface SandboxStart {
  host: SandboxHost;
  layout: Omit<SandboxLayout, "supervisor" | "etc">;
  /** Absent: the server's own user. */
  uid?: number;
  /** An open file that receives the job's artifact. */
  artifactFd?: number;
  /** A process that is started now, and waits on its stdin for the job. */
  ahead?: JobProcess;
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

/** How much longer than its own timeout a job may keep the sandbox before we stop trusting the supervisor. */
const graceMs = 5_000;
const maxComplaintBytes = 2_048;
/** How long a sandbox may take to fall when its leash is let go, before it is killed; it takes a few milliseconds. */
const exitGraceMs = 100;

export class Sandbox {
  readonly #child: ChildProcess;
  readonly #control: Socket;
  readonly #cgroup: Cgroup | undefined;
  readonly #closed: Promise<void>;
  /** One for the sandbox's whole life: while it listens, Node does not drain the socket when the process exits. */
  readonly #frames: AsyncGenerator<Frame>;
  readonly #firstPid: Promise<number | undefined>;
  #complaint = "";
  #end: JobEnd | undefined;
  #failure: unknown;
  #lastResort: NodeJS.Timeout | undefined;

  private constructor(start: SandboxStart, cgroup: Cgroup | undefined) {
    const { host, layout, uid } = start;
    this.#cgroup = cgroup;
    this.#child = spawn(host.bubblewrap, bubblewrapArgs({ ...layout, supervisor: host.supervisor, etc: host.etc }), {
      // An empty environment: bubblewrap's own can be read in the sandbox as /proc/1/environ.
      env: {},
      cwd: "/",
      // A group of its own, so that one kill reaches all of it also while it starts.
      detached: true,
      stdio: ["ignore", "ignore", "pipe", "pipe", "pipe", start.artifactFd ?? "ignore"],
      ...(uid === undefined ? {} : { uid, gid: uid }),
    });
    this.#control = this.#child.stdio[3] as Socket;
    this.#frames = framesFrom(this.#control);
    this.#firstPid = firstPid(this.#child.stdio[statusFd] as Readable);
    this.#closed = new Promise((resolve) => this.#child.once("close", () => resolve()));
    this.#child.once("error", (error) => this.#fail(unavailable("the sandbox could not be started", error)));
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#complaint = (this.#complaint + text).slice(0, maxComplaintBytes);
    });
  }

  /**
   * Starts a sandbox that waits for its job. Its first process is in its control group before it can be given any.
   * @throws RunnerError UNAVAILABLE when it can't be started.
   */
  static async start(start: SandboxStart): Promise<Sandbox> {
    const cgroup = await start.host.cgroups?.create(`${process.pid}-${randomUUID()}`);
    const sandbox = new Sandbox(start, cgroup);
    try {
      await sandbox.#stand();
      if (start.ahead !== undefined) sandbox.#control.write(encodeAhead(start.ahead));
      return sandbox;
    } catch (error) {
      sandbox.#fail(error);
      await sandbox.discard();
      throw sandbox.#failure;
    }
  }

  /** Whether it can still be given a job. */
  get isAlive(): boolean {
    return this.#failure === undefined && !this.#hasExited;
  }

  /**
   * Runs its one job. When it resolves all processes of the job are dead, and what remains is to be discarded; when it
   * rejects all is gone.
   * @throws RunnerError the cancellation of the job's signal; INTERNAL when the sandbox does not behave.
   */
  async run(request: SandboxJob): Promise<SandboxResult> {
    const { signal, job, limits } = request;
    const onAbort = () => signal !== undefined && this.#fail(cancellationOf(signal));
    signal?.addEventListener("abort", onAbort);
    using overdue = new Countdown(job.timeoutMs + graceMs, () => this.#fail(internal("the sandbox did not end in time")));
    overdue.go();
    try {
      if (signal?.aborted) throw cancellationOf(signal);
      await this.#cgroup?.limit(limits);
      await this.#converse(request, overdue);
      this.#stop();
      if (this.#end === undefined) await this.#closed;
      if (this.#failure !== undefined) throw this.#failure;
      const events = (await this.#cgroup?.events()) ?? { memoryKills: 0, processRefusals: 0 };
      if (this.#end !== undefined) return { end: this.#end, ...events };
      if (events.memoryKills > 0 || events.processRefusals > 0) return events;
      // Nothing else in the sandbox can end its pid 1, so this is no doing of the job's.
      throw internal("the sandbox broke", new Error(`bubblewrap ended (${this.#exit()}) and said: ${this.#complaint.trim() || "nothing"}`));
    } catch (error) {
      this.#fail(error);
      await this.discard();
      throw this.#failure;
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /** Ends it, with whatever runs in it. Safe to call twice. */
  async discard(): Promise<void> {
    this.#stop();
    await this.#closed;
    await this.#cgroup?.remove();
  }

  /** Resolves when the walls stand and the supervisor waits for its job, inside its control group. */
  async #stand(): Promise<void> {
    const first = await this.#frames.next();
    const pid = await this.#firstPid;
    if (this.#failure !== undefined) throw this.#failure;
    if (first.done || first.value.kind !== "r" || pid === undefined) {
      await this.#closed;
      throw unavailable(`the sandbox could not be started: ${this.#complaint.trim() || "no reason given"}`);
    }
    await this.#cgroup?.add(pid);
  }

  /** Sends the job and takes in all that comes back. While the output waits for whoever takes it, so does the job. */
  async #converse({ job, onOutput }: SandboxJob, overdue: Countdown): Promise<void> {
    for (const part of encodeJob(job)) this.#control.write(part);
    for (;;) {
      const next = await this.#frames.next();
      if (next.done) return;
      if (next.value.kind === "x") {
        this.#end = JSON.parse(next.value.payload.toString("utf8")) as JobEnd;
        return;
      }
      const taken = onOutput(next.value);
      if (taken === undefined) continue;
      overdue.stop();
      await taken;
      overdue.go();
    }
  }

  #exit(): string {
    return String(this.#child.exitCode ?? this.#child.signalCode);
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#stop();
  }

  /**
   * Ends everything. The closed socket makes the supervisor exit, wherever it is, and bubblewrap reaps it and follows.
   * bubblewrap is killed only if that takes too long: killed first, it would leave its child to whoever is pid 1 of this
   * system, who in a container may reap nobody.
   */
  #stop(): void {
    this.#control.destroy();
    if (this.#hasExited || this.#lastResort !== undefined) return;
    this.#lastResort = setTimeout(() => this.#kill(), exitGraceMs);
    this.#child.once("exit", () => clearTimeout(this.#lastResort));
  }

  get #hasExited(): boolean {
    return this.#child.pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  #kill(): void {
    const { pid } = this.#child;
    if (pid === undefined || this.#hasExited) return;
    try {
      process.kill(-pid, "SIGKILL");
    } catch (error) {
      // ESRCH: it has just ended by itself.
      if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
    }
  }
}
