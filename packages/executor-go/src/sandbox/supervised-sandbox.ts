/**
 * A sandbox that the supervisor keeps, whatever walls a tier puts around it.
 *
 * The supervisor waits for the job on a socket, so that a sandbox can be started ahead of its job. The socket is also the
 * leash: when it closes, because we close it or because this process died, the supervisor ends everything and exits.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import type { Socket } from "node:net";
import { constants } from "node:os";
import { cancellationOf, internal, unavailable } from "@gorunner/core";
import { Countdown } from "../pool/countdown.js";
import type { Cgroup, Cgroups } from "./cgroups.js";
import type { Frame } from "./frame-reader.js";
import { encodeAhead, encodeJob, encodeLauncher, type JobEnd } from "./job.js";
import type { Locate, Sandbox, SandboxJob, SandboxResult, SandboxStart } from "./tier.js";
import { framesFrom } from "./wires.js";

/** What a tier adds to the supervisor: how it is brought to life, and what is to do when it has gone. */
export interface Launch {
  command: string;
  args: string[];
  /** The sandbox's first process as the host sees it; undefined if it never came to be. */
  firstPid(child: ChildProcess): Promise<number | undefined>;
  locate: Locate;
  /** A file with the system call filter for all that is in the sandbox, which the command reads; absent: none. */
  sandboxFilter?: string;
  /** The filter for the program alone; absent: none. */
  programFilter?: Uint8Array;
  /** Whether a job can end the supervisor, which runs as the same user without a wall between them. */
  isExposed: boolean;
  /** Ends and removes what may be left when the supervisor has ended. */
  clear(): Promise<void>;
}

export interface SupervisedStart {
  start: SandboxStart;
  launch: Launch;
  /** Absent where only rlimits hold. */
  cgroups: Cgroups | undefined;
}

/** How much longer than its own timeout a job may keep the sandbox before we stop trusting the supervisor. */
const graceMs = 5_000;
const maxComplaintBytes = 2_048;
/** How long a sandbox may take to fall when its leash is let go, before it is killed; it takes a few milliseconds. */
const exitGraceMs = 100;

export class SupervisedSandbox implements Sandbox {
  readonly #launch: Launch;
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

  private constructor({ start: { uid, artifactFd }, launch }: SupervisedStart, cgroup: Cgroup | undefined) {
    this.#launch = launch;
    this.#cgroup = cgroup;
    // Opened for each: whoever reads it moves the position for all that have it.
    const filter = launch.sandboxFilter === undefined ? undefined : openSync(launch.sandboxFilter, "r");
    this.#child = spawn(launch.command, launch.args, {
      // An empty environment: that of the first process can be read in the sandbox, as /proc/1/environ.
      env: {},
      cwd: "/",
      // A group of its own, so that one kill reaches all of it also while it starts.
      detached: true,
      stdio: ["ignore", "ignore", "pipe", "pipe", "pipe", artifactFd ?? "ignore", filter ?? "ignore"],
      ...(uid === undefined ? {} : { uid, gid: uid }),
    });
    if (filter !== undefined) closeSync(filter);
    this.#control = this.#child.stdio[3] as Socket;
    this.#frames = framesFrom(this.#control);
    this.#firstPid = launch.firstPid(this.#child);
    this.#closed = new Promise((resolve) => this.#child.once("close", () => resolve()));
    this.#child.once("error", (error) => this.#fail(unavailable("the sandbox could not be started", error)));
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#complaint = (this.#complaint + text).slice(0, maxComplaintBytes);
    });
  }

  /** As {@link SandboxTier.start}. Its first process is in its control group before it can be given a job. */
  static async start(supervised: SupervisedStart): Promise<Sandbox> {
    const { start, launch, cgroups } = supervised;
    const cgroup = await cgroups?.create();
    const sandbox = new SupervisedSandbox(supervised, cgroup);
    try {
      await sandbox.#stand();
      if (start.ahead !== undefined) sandbox.#control.write(encodeAhead(start.ahead(launch.locate)));
      if (launch.programFilter !== undefined) sandbox.#control.write(encodeLauncher());
      return sandbox;
    } catch (error) {
      sandbox.#fail(error);
      await sandbox.discard();
      throw sandbox.#failure;
    }
  }

  get isAlive(): boolean {
    return this.#failure === undefined && !this.#hasExited;
  }

  get locate(): Locate {
    return this.#launch.locate;
  }

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
      if (this.#launch.isExposed && this.#child.signalCode !== null) return { end: endedBy(this.#child.signalCode), ...events };
      // Nothing else in the sandbox can end the supervisor, so this is no doing of the job's.
      throw internal("the sandbox broke", new Error(`it ended (${this.#exit()}) and said: ${this.#complaint.trim() || "nothing"}`));
    } catch (error) {
      this.#fail(error);
      await this.discard();
      throw this.#failure;
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  async discard(): Promise<void> {
    this.#stop();
    await this.#closed;
    try {
      await this.#cgroup?.remove();
    } finally {
      await this.#launch.clear();
    }
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
    for (const part of encodeJob(job, this.#launch.programFilter)) this.#control.write(part);
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
   * Ends everything. The closed socket makes the supervisor exit, wherever it is, and whoever started it reaps it and
   * follows. That one is killed only if this takes too long: killed first, it would leave its child to whoever is pid 1 of
   * this system, who in a container may reap nobody.
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

/** What there is to say of a job that has ended its own supervisor. */
const endedBy = (signal: NodeJS.Signals): JobEnd => ({
  ...{ exitCode: 0, signal: constants.signals[signal] },
  ...{ wallNs: 0, cpuNs: 0, peakBytes: 0, droppedBytes: 0, artifactBytes: 0 },
});
