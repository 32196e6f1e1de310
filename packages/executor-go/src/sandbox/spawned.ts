/** One process that the spawner's helper starts, and what is still to be heard of it. */
import type { Socket } from "node:net";
import { unavailable } from "@gorunner/core";
import { Countdown } from "../pool/countdown.js";
import { notTold, type SpawnedExit, type SpawnerHelper } from "./spawner-helper.js";
import type { ProgramFile } from "./tier.js";

/** How long after a process has ended its connection may come: it was made before the process was started. */
const connectionMs = 1_000;

/** How long the helper may take for what takes it milliseconds, on a busy machine. */
export interface Patience {
  /** To install a program, before its sandbox is given up. */
  installMs: number;
  /** To tell the end of what it was told to kill, before it is killed itself. */
  killedMs: number;
}

const usualPatience: Patience = { installMs: 10_000, killedMs: 10_000 };

export interface SpawnedParts {
  key: string;
  helper: SpawnerHelper;
  /** Called once, when nothing is to be heard of it any more. */
  onSettled(): void;
  removeGroups(): Promise<void>;
  /** Its file system in memory; absent: it has none. */
  memoryName?: string;
  /** Absent: {@link usualPatience}. */
  patience?: Patience;
}

/**
 * A process with a control socket as its descriptor 3. All its promises resolve: at the latest when it was killed, or when
 * the helper has died.
 */
export class Spawned {
  readonly #parts: SpawnedParts;
  readonly #patience: Patience;
  readonly #control = Promise.withResolvers<Socket | undefined>();
  readonly #firstPid = Promise.withResolvers<number | undefined>();
  readonly #exited = Promise.withResolvers<SpawnedExit>();
  #installing: PromiseWithResolvers<void> | undefined;
  #isConnected = false;
  #hasEnded = false;
  #noConnection: NodeJS.Timeout | undefined;
  #notKilled: NodeJS.Timeout | undefined;

  constructor(parts: SpawnedParts) {
    this.#parts = parts;
    this.#patience = parts.patience ?? usualPatience;
    void Promise.all([this.#control.promise, this.#exited.promise]).then(parts.onSettled);
  }

  get helper(): SpawnerHelper {
    return this.#parts.helper;
  }

  /** Resolves to our end of its control socket; to undefined if it ended, or was killed, before there was one. */
  get control(): Promise<Socket | undefined> {
    return this.#control.promise;
  }

  /** The sandbox's first process as the host sees it; undefined if that never came to be. */
  get firstPid(): Promise<number | undefined> {
    return this.#firstPid.promise;
  }

  get exited(): Promise<SpawnedExit> {
    return this.#exited.promise;
  }

  /** Kills its first process, or, where that is not known, its process group; unless it has ended. */
  kill(): void {
    if (this.#hasEnded) return;
    const { key, helper } = this.#parts;
    helper.tell({ key, kill: true });
    this.#notKilled ??= setTimeout(() => helper.kill(), this.#patience.killedMs);
  }

  /** Kills it, and expects no connection any more. */
  giveUp(): void {
    this.#connect(undefined);
    this.kill();
  }

  /** Ends what still lives in its control groups, and removes them. */
  removeGroups(): Promise<void> {
    return this.#parts.removeGroups();
  }

  /** Puts a program into its file system in memory; what takes too long is given up. @throws as {@link Sandbox.install} does. */
  async install({ path, offset, bytes }: ProgramFile): Promise<void> {
    const { key, helper, memoryName } = this.#parts;
    if (memoryName === undefined || this.#hasEnded) throw unavailable("the sandbox has ended before its program was installed");
    this.#installing = Promise.withResolvers<void>();
    using overdue = new Countdown(this.#patience.installMs, () => {
      this.installed("what starts sandboxes did not answer in time");
      this.giveUp();
    });
    overdue.go();
    helper.tell({ key, install: { name: memoryName, from: path, offset, bytes } });
    await this.#installing.promise;
  }

  /** @param failed why the program is not there; empty: it is. */
  installed(failed: string): void {
    if (failed === "") this.#installing?.resolve();
    else this.#installing?.reject(notInstalled(failed));
  }

  connected(socket: Socket): void {
    if (this.#isConnected) socket.destroy();
    else this.#connect(socket);
  }

  began(pid: number): void {
    this.#firstPid.resolve(pid);
  }

  ended(exit: SpawnedExit): void {
    this.#hasEnded = true;
    clearTimeout(this.#notKilled);
    this.installed("the sandbox has ended");
    this.#exited.resolve(exit);
    this.#firstPid.resolve(undefined);
    // Without descriptors the kernel's end of its connection is closed, and we never hear of it.
    if (exit.code === notTold) this.#connect(undefined);
    else if (!this.#isConnected) this.#noConnection = setTimeout(() => this.#connect(undefined), connectionMs);
  }

  #connect(socket: Socket | undefined): void {
    this.#isConnected = true;
    clearTimeout(this.#noConnection);
    this.#control.resolve(socket);
  }
}

/** For want of memory, descriptors, or of a file that was cleared below a running server: no fault of the program's. */
const notInstalled = (why: string) => unavailable("the program could not be installed in its sandbox; the log says why", new Error(why));
