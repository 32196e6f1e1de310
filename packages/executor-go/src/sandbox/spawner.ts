/**
 * Starts the processes of sandboxes through a small helper (../../supervisor/spawner.go). Node would fork itself for each,
 * which copies its page tables and holds up everything else for milliseconds.
 *
 * The helper connects each sandbox's control socket to ours, and begins it with a key that only the two know.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { unavailable } from "@gorunner/core";
import { type Installed, Installs } from "./installs.js";
import { killSession } from "./kill-session.js";
import type { ProgramFile } from "./tier.js";

export interface SpawnOrder {
  command: string;
  args: string[];
  /** Absent: this process's own user. */
  uid?: number;
  /** A file that the command has open for writing, as descriptor 5. */
  artifact?: string;
  /** A file that it has open for reading, as descriptor 6. */
  filter?: string;
  /** Whether it tells on descriptor 4, as bubblewrap does, which process is the sandbox's first; else that is its own. */
  hasStatus: boolean;
  /** The folders of its control groups, which are made for it; to be removed by {@link Spawned.removeGroups}. */
  groups?: readonly string[];
  /** A file system in memory below {@link MemoryFiles.directory}, which goes when the command has ended. */
  memory?: { name: string; bytes: number };
}

export interface SpawnedExit {
  /** {@link notTold}: it was not started, or nobody knows how it ended. */
  code: number;
  /** Absent unless a signal ended it. */
  signal?: number;
  /** The beginning of its stderr, or why it was not started. */
  said: string;
}

/** A process with a control socket as its descriptor 3. */
export interface Spawned {
  /** Resolves to our end of its control socket; to undefined if it ended before there was one. */
  readonly control: Promise<Socket | undefined>;
  /** The sandbox's first process as the host sees it, once it is in its control groups; undefined if that never came to be. */
  readonly firstPid: Promise<number | undefined>;
  readonly exited: Promise<SpawnedExit>;
  /** Kills its first process, or, where that is not known, its process group; unless it has ended. */
  kill(): void;
  /** Ends what still lives in its control groups, and removes them. */
  removeGroups(): Promise<void>;
  /** Puts a program into its file system in memory. @throws as {@link Sandbox.install} does. */
  install(program: ProgramFile): Promise<void>;
}

/** What the helper tells. */
interface Told {
  key: string;
  pid?: number;
  exit?: SpawnedExit;
  removed?: { failed: string };
  installed?: Installed;
}

interface Pending {
  connected(socket: Socket): void;
  began(pid: number): void;
  ended(exit: SpawnedExit): void;
}

/** Somebody who waits for control groups to go, and is told why they can't. */
type Removal = (failure?: Error) => void;

/** In place of an exit code. */
export const notTold = -1;
const keyBytes = 16;
const keyLength = 2 * keyBytes;
/** How long a connection may take to say whose it is. */
const introductionMs = 10_000;

/** Files that sandboxes see, kept in memory by the helper, in a mount namespace of its own (../../supervisor/memoryfiles.go). */
export interface MemoryFiles {
  /** Where they are for the helper and what it starts; for everybody else it is an empty directory. */
  directory: string;
  /** The skeleton of /etc. */
  etc: string;
  /** Devices of the host's that what it starts sees read-only. */
  devices: readonly string[];
}

interface SpawnerParts {
  supervisor: string;
  memory: MemoryFiles | undefined;
  server: Server;
  address: string;
}

export class Spawner {
  readonly #supervisor: string;
  readonly #memory: MemoryFiles | undefined;
  readonly #server: Server;
  readonly #address: string;
  readonly #pending = new Map<string, Pending>();
  readonly #removals = new Map<string, Removal>();
  readonly #installs = new Installs();
  #helper: ChildProcess | undefined;

  private constructor({ supervisor, memory, server, address }: SpawnerParts) {
    this.#supervisor = supervisor;
    this.#memory = memory;
    this.#server = server;
    this.#address = address;
    server.on("connection", (socket) => this.#introduce(socket));
    server.unref();
  }

  /**
   * @param supervisor the binary that is the helper too.
   * @param memory absent: it has no files in memory, and sees the host's mounts.
   */
  static async open(supervisor: string, memory?: MemoryFiles): Promise<Spawner> {
    // An abstract address: nothing is left of it, and its length does not depend on where directories are.
    const address = `gorunner-${process.pid}-${randomBytes(keyBytes).toString("hex")}`;
    const server = createServer();
    server.listen(`\0${address}`);
    await once(server, "listening");
    return new Spawner({ supervisor, memory, server, address });
  }

  spawn(order: SpawnOrder): Spawned {
    const key = randomBytes(keyBytes).toString("hex");
    const control = Promise.withResolvers<Socket | undefined>();
    const firstPid = Promise.withResolvers<number | undefined>();
    const exited = Promise.withResolvers<SpawnedExit>();
    this.#pending.set(key, {
      connected: control.resolve,
      began: firstPid.resolve,
      ended: (exit) => {
        exited.resolve(exit);
        firstPid.resolve(undefined);
        if (exit.code === notTold) control.resolve(undefined);
        // One that was started has a connection, of which we may hear later than of its end.
        void control.promise.then(() => {
          this.#pending.delete(key);
          this.#holdOrLetGo();
        });
      },
    });
    this.#tell({ key, ...order });
    this.#holdOrLetGo();
    return {
      control: control.promise,
      firstPid: firstPid.promise,
      exited: exited.promise,
      kill: () => this.#pending.has(key) && this.#tell({ key, kill: true }),
      removeGroups: () => this.#removeGroups(key, order.groups ?? []),
      install: (program) => this.#install(key, order, program),
    };
  }

  async #install(key: string, { memory }: SpawnOrder, { path, offset, bytes }: ProgramFile): Promise<void> {
    if (memory === undefined || !this.#pending.has(key)) throw unavailable("the sandbox has ended before its program was installed");
    const done = this.#installs.begin(key);
    this.#tell({ key, install: { name: memory.name, from: path, offset, bytes } });
    await done;
  }

  async #removeGroups(key: string, groups: readonly string[]): Promise<void> {
    if (groups.length === 0) return;
    // Of a helper that dies meanwhile another takes it over.
    const failure = (await this.#removal(key, groups)) && (await this.#removal(key, groups));
    if (failure !== undefined) throw failure;
  }

  async #removal(key: string, groups: readonly string[]): Promise<Error | undefined> {
    const { promise, resolve } = Promise.withResolvers<Error | undefined>();
    this.#removals.set(key, resolve);
    this.#tell({ key, remove: groups });
    this.#holdOrLetGo();
    const failure = await promise;
    this.#removals.delete(key);
    this.#holdOrLetGo();
    return failure;
  }

  /** Resolves when the helper has ended; sandboxes that are left end with it. */
  async close(): Promise<void> {
    this.#server.close();
    const helper = this.#helper;
    if (helper === undefined) return;
    helper.ref();
    const ended = once(helper, "close");
    helper.stdin?.end();
    await ended;
  }

  /** A helper that has died is followed by another. */
  #tell(order: object): void {
    this.#helper ??= this.#start();
    this.#helper.stdin?.write(`${JSON.stringify(order)}\n`);
  }

  #start(): ChildProcess {
    // A session of its own: what interrupts this process at a terminal is for us to pass on.
    const { directory, etc, devices = [] } = this.#memory ?? {};
    const walled = directory === undefined || etc === undefined ? [] : ["enter", directory, etc, ...devices];
    const helper = spawn(this.#supervisor, ["spawner", `@${this.#address}`, ...walled], {
      ...{ env: {}, cwd: "/", detached: true },
      stdio: ["pipe", "pipe", "ignore"],
    });
    helper.stdin.on("error", () => {});
    createInterface({ input: helper.stdout }).on("line", (line) => this.#hear(line));
    const end = (said: string) => {
      if (this.#helper !== helper) return;
      this.#helper = undefined;
      // What was being started waits for its parent, which has died too, and would do so for ever.
      if (helper.pid !== undefined) killSession(helper.pid);
      this.#installs.failAll(said);
      for (const { ended } of [...this.#pending.values()]) ended({ code: notTold, said });
      for (const settle of [...this.#removals.values()]) settle(new Error(`control groups are left: ${said}`));
    };
    helper.once("error", (error) => end(error.message));
    helper.once("close", () => end("what starts sandboxes has died"));
    return helper;
  }

  #hear(line: string): void {
    const told = parse(line);
    if (told === undefined) return;
    const { key, pid, exit, removed, installed } = told;
    if (installed !== undefined) this.#installs.settle(key, installed);
    const pending = this.#pending.get(key);
    if (pid !== undefined) pending?.began(pid);
    if (exit !== undefined) pending?.ended(exit);
    if (removed === undefined) return;
    this.#removals.get(key)?.(removed.failed === "" ? undefined : new Error(removed.failed));
  }

  /** Finds out whose a connection is. */
  #introduce(socket: Socket): void {
    const timer = setTimeout(() => socket.destroy(), introductionMs);
    socket.on("error", () => {});
    socket.once("close", () => clearTimeout(timer));
    const read = () => {
      const key: Buffer | null = socket.read(keyLength);
      if (key === null) return;
      socket.off("readable", read);
      clearTimeout(timer);
      const pending = this.#pending.get(key.toString("latin1"));
      if (pending === undefined) socket.destroy();
      else pending.connected(socket);
    };
    socket.on("readable", read);
  }

  /** While there is something to hear of, the helper keeps this process alive; without, it does not. */
  #holdOrLetGo(): void {
    const helper = this.#helper;
    if (helper === undefined) return;
    const streams = [helper.stdin, helper.stdout] as (Socket | null)[];
    for (const handle of [helper, ...streams]) {
      if (this.#pending.size + this.#removals.size > 0) handle?.ref();
      else handle?.unref();
    }
  }
}

/** Undefined for what a helper has not told to its end, because it died. */
function parse(line: string): Told | undefined {
  try {
    return JSON.parse(line) as Told;
  } catch {
    return undefined;
  }
}
