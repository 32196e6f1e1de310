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
import type { Cgroup, Cgroups } from "./cgroups.js";
import type { Frame } from "./frame-reader.js";
import { encodeAhead, encodeJob, encodeLauncher, type JobEnd } from "./job.js";
import { notTold, type Spawned, type SpawnedExit, type Spawner } from "./spawner.js";
import type { Locate, ProgramFile, Sandbox, SandboxJob, SandboxResult, SandboxStart } from "./tier.js";
import { framesFrom } from "./wires.js";

/** What a tier adds to the supervisor: how it is brought to life, and what is to do when it has gone. */
export interface Launch {
  command: string;
  args: string[];
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

export interface SupervisedStart {
  start: SandboxStart;
  launch: Launch;
  spawner: Spawner;
  /** Absent where only rlimits hold. */
  cgroups: Cgroups | undefined;
}

/** How much longer than its own timeout a job may keep the sandbox before we stop trusting the supervisor. */
const graceMs = 5_000;
/** How long a sandbox may take to stand; it takes some ten milliseconds. */
const startTimeoutMs = 30_000;
/** How long a sandbox may take to fall when its leash is let go, before it is killed; it takes a few milliseconds. */
const exitGraceMs = 100;

interface Parts {
  launch: Launch;
  spawned: Spawned;
  control: Socket;
  cgroup: Cgroup | undefined;
}

export class SupervisedSandbox implements Sandbox {
  readonly #launch: Launch;
  readonly #spawned: Spawned;
  readonly #control: Socket;
  readonly #cgroup: Cgroup | undefined;
  /** One for the sandbox's whole life: what comes before somebody reads is kept. */
  readonly #frames: AsyncGenerator<Frame>;
  #exit: SpawnedExit | undefined;
  #end: JobEnd | undefined;
  #failure: unknown;
  #lastResort: NodeJS.Timeout | undefined;
  #discarded: Promise<void> | undefined;

  private constructor({ launch, spawned, control, cgroup }: Parts) {
    this.#launch = launch;
    this.#spawned = spawned;
    this.#control = control;
    this.#cgroup = cgroup;
    this.#frames = framesFrom(control);
    void spawned.exited.then((exit) => {
      this.#exit = exit;
      clearTimeout(this.#lastResort);
      // Whoever could tell of it has died, and what it leaves may still have the other end.
      if (exit.code === notTold) control.destroy();
    });
  }

  /** As {@link SandboxTier.start}. Its first process is in its control group before it can be given a job. */
  static async start({ start, launch, cgroups, spawner }: SupervisedStart): Promise<Sandbox> {
    const { uid, artifact } = start;
    const { command, args, hasStatus, sandboxFilter, memory } = launch;
    const cgroup = cgroups?.next();
    const spawned = spawner.spawn({
      ...{ command, args, hasStatus },
      ...(cgroup === undefined ? {} : { groups: cgroup.directories }),
      ...(uid === undefined ? {} : { uid }),
      ...(artifact === undefined ? {} : { artifact }),
      ...(sandboxFilter === undefined ? {} : { filter: sandboxFilter }),
      ...(memory === undefined ? {} : { memory }),
    });
    const control = await spawned.control;
    if (control === undefined) {
      const exit = await spawned.exited;
      await clear(spawned, launch);
      throw notStarted(exit);
    }
    const sandbox = new SupervisedSandbox({ launch, spawned, control, cgroup });
    try {
      await sandbox.#stand();
      if (start.ahead !== undefined) control.write(encodeAhead(start.ahead(launch.locate)));
      if (launch.programFilter !== undefined) control.write(encodeLauncher());
      return sandbox;
    } catch (error) {
      sandbox.#fail(error);
      await sandbox.discard();
      throw sandbox.#failure;
    }
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
    await clear(this.#spawned, this.#launch);
  }

  /** Resolves when the walls stand and the supervisor waits for its job, inside its control group. */
  async #stand(): Promise<void> {
    using overdue = new Countdown(startTimeoutMs, () => this.#fail(unavailable("the sandbox did not start in time")));
    overdue.go();
    const first = await this.#frames.next();
    const pid = await this.#spawned.firstPid;
    if (this.#failure !== undefined) throw this.#failure;
    if (first.done || first.value.kind !== "r" || pid === undefined) throw notStarted(await this.#spawned.exited);
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
async function clear(spawned: Spawned, launch: Launch): Promise<void> {
  try {
    await spawned.removeGroups();
  } finally {
    await launch.clear();
  }
}

const notStarted = ({ said }: SpawnedExit) => unavailable(`the sandbox could not be started: ${said.trim() || "no reason given"}`);

/**
 * The signal by which the job has ended its own supervisor; absent where something else has. bubblewrap reports it as a shell
 * does. There it is not SIGKILL: pid 1 takes that from the host alone.
 */
function signalOfJob(exit: SpawnedExit, { isExposed }: Launch): number | undefined {
  if (isExposed) return exit.signal;
  const signal = exit.code - 128;
  return signal > 0 && signal !== constants.signals.SIGKILL ? signal : undefined;
}

/** What there is to say of a job that has ended its own supervisor. */
const endedBy = (signal: number): JobEnd => ({
  ...{ exitCode: 0, signal },
  ...{ wallNs: 0, cpuNs: 0, peakBytes: 0, droppedBytes: 0, artifactBytes: 0 },
});
