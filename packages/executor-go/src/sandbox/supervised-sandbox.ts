/**
 * A sandbox that the supervisor keeps, whatever walls a tier puts around it.
 *
 * The supervisor waits for the job on a socket, so that a sandbox can be started ahead of its job. The socket is also the
 * leash: when it closes, because we close it or because this process died, the supervisor ends everything and exits.
 */
import type { Socket } from "node:net";
import { constants } from "node:os";
import { cancellationOf, internal, unavailable } from "@gorunner/core";
import { Countdown } from "../pool/countdown.js";
import type { Cgroup } from "./cgroups.js";
import type { Frame } from "./frame-reader.js";
import { encodeJob, type JobEnd, waitsForClient, waitsNoMore } from "./job.js";
import type { Spawned } from "./spawned.js";
import { notTold, type SpawnedExit } from "./spawner-helper.js";
import type { Locate, ProgramFile, Sandbox, SandboxJob, SandboxResult } from "./tier.js";

/** What a tier adds to the supervisor: how it is brought to life, and what is to do when it has gone. */
export interface Launch {
  command: string;
  args: string[];
  /** See SpawnOrder. */
  title?: string;
  /** Whether the command tells which process is the sandbox's first, see SpawnOrder. */
  hasStatus: boolean;
  locate: Locate;
  /** A file with the system call filter for all that is in the sandbox, which the command reads; absent: none. */
  sandboxFilter?: string;
  /** The filter for the program alone; absent: none. */
  programFilter?: Uint8Array;
  /** Whether a job can end the supervisor, which runs as the same user without a wall between them. */
  isExposed: boolean;
  /** The sandbox's own file system in memory; absent: none. See SpawnOrder. */
  memory?: { name: string; bytes: number };
  /** As {@link Sandbox.install}. */
  install(program: ProgramFile, spawned: Spawned): Promise<void>;
  /** Ends and removes what may be left when the supervisor has ended. */
  clear(): Promise<void>;
}

/** How much longer than its own timeout a job may keep the sandbox before we stop trusting the supervisor. */
const graceMs = 5_000;
/** How long a client may take one piece of output before the supervisor is told that it holds the job up. */
const promptMs = 1;
/** How long a sandbox may take to fall when its leash is let go, before it is killed; it takes a few milliseconds. */
const exitGraceMs = 100;

interface Parts {
  launch: Launch;
  spawned: Spawned;
  control: Socket;
  /** What comes on it from now on. */
  frames: AsyncGenerator<Frame>;
  cgroup: Cgroup | undefined;
}

export class SupervisedSandbox implements Sandbox {
  readonly #launch: Launch;
  readonly #spawned: Spawned;
  readonly #control: Socket;
  readonly #cgroup: Cgroup | undefined;
  readonly #frames: AsyncGenerator<Frame>;
  #exit: SpawnedExit | undefined;
  #end: JobEnd | undefined;
  #failure: unknown;
  #lastResort: NodeJS.Timeout | undefined;
  #discarded: Promise<void> | undefined;

  /** Of one that stands; see start-sandbox.ts. */
  constructor({ launch, spawned, control, frames, cgroup }: Parts) {
    this.#launch = launch;
    this.#spawned = spawned;
    this.#control = control;
    this.#cgroup = cgroup;
    this.#frames = frames;
    void spawned.exited.then((exit) => {
      this.#exit = exit;
      clearTimeout(this.#lastResort);
    });
  }

  get isAlive(): boolean {
    return this.#failure === undefined && this.#exit === undefined;
  }

  get locate(): Locate {
    return this.#launch.locate;
  }

  install(program: ProgramFile): Promise<void> {
    return this.#launch.install(program, this.#spawned);
  }

  async run(request: SandboxJob): Promise<SandboxResult> {
    const { signal, job, limits } = request;
    const onAbort = () => signal !== undefined && this.#fail(cancellationOf(signal));
    signal?.addEventListener("abort", onAbort);
    using overdue = new Countdown(job.timeoutMs + graceMs, () => this.#fail(internal("the sandbox did not end in time")));
    overdue.go();
    try {
      if (signal?.aborted) throw cancellationOf(signal);
      this.#cgroup?.limit(limits);
      await this.#converse(request, overdue);
      this.#stop();
      const exit = this.#end === undefined ? await this.#spawned.exited : undefined;
      if (this.#failure !== undefined) throw this.#failure;
      const events = this.#cgroup?.events() ?? { memoryKills: 0, processRefusals: 0 };
      if (this.#end !== undefined) return { end: this.#end, ...events };
      if (events.memoryKills > 0 || events.processRefusals > 0) return events;
      // The spawner's helper dies where the host is out of memory or processes; the next sandbox is started by another.
      if (exit?.code === notTold) throw unavailable(`the sandbox broke: ${exit.said}`);
      const ending = exit && signalOfJob(exit, this.#launch);
      if (ending !== undefined) return { end: endedBy(ending), ...events };
      // All else is no doing of the job's.
      throw internal("the sandbox broke", new Error(`it ended (${JSON.stringify(exit)})`));
    } catch (error) {
      this.#fail(error);
      await this.discard();
      throw this.#failure;
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  discard(): Promise<void> {
    this.#discarded ??= this.#discard();
    return this.#discarded;
  }

  async #discard(): Promise<void> {
    this.#stop();
    await this.#spawned.exited;
    await clear({ spawned: this.#spawned, launch: this.#launch });
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
      await this.#heldUp(taken);
      overdue.go();
    }
  }

  /** While the client takes its time, the job's clock may stand still: supervisor/walltime.go says when. */
  async #heldUp(taken: Promise<void>): Promise<void> {
    let isTold = false;
    const late = setTimeout(() => {
      isTold = true;
      this.#control.write(waitsForClient);
    }, promptMs);
    try {
      await taken;
    } finally {
      clearTimeout(late);
      if (isTold) this.#control.write(waitsNoMore);
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#stop();
  }

  /**
   * Ends everything. The closed socket makes the supervisor exit, wherever it is, and whoever started it reaps it and
   * follows; if this takes too long it is killed.
   */
  #stop(): void {
    this.#control.destroy();
    if (this.#exit !== undefined || this.#lastResort !== undefined) return;
    this.#lastResort = setTimeout(() => this.#spawned.kill(), exitGraceMs);
  }
}

/** Removes what is left when all has ended. */
export async function clear({ spawned, launch }: Pick<Parts, "spawned" | "launch">): Promise<void> {
  try {
    await spawned.removeGroups();
  } finally {
    await launch.clear();
  }
}

/**
 * The signal by which the job has ended its own supervisor; absent where something else has. bubblewrap reports it as a shell
 * does. There it is not SIGKILL: pid 1 takes that from the host alone.
 */
function signalOfJob(exit: SpawnedExit, { isExposed }: Launch): number | undefined {
  if (isExposed) return exit.signal;
  const signal = exit.code - 128;
  return signal > 0 && signal !== constants.signals.SIGKILL ? signal : undefined;
}

/** What there is to say of a job that has ended its own supervisor. What it has used is lost with that: 0 stands for unknown. */
const endedBy = (signal: number): JobEnd => ({
  ...{ exitCode: 0, signal },
  ...{ wallNs: 0, cpuNs: 0, peakBytes: 0, droppedBytes: 0, artifactBytes: 0 },
});
