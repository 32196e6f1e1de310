/**
 * Starts the processes of sandboxes through a small helper (../../supervisor/spawner.go). Node would fork itself for each,
 * which copies its page tables and holds up everything else for milliseconds.
 *
 * The helper connects each sandbox's control socket to ours, and begins it with a key that only the two know. A helper that
 * has died is followed by another.
 */
import { setMaxListeners } from "node:events";
import { unavailable } from "@gorunner/core";
import { ControlServer, newKey } from "./control-server.js";
import { Spawned } from "./spawned.js";
import { notTold, SpawnerHelper, type Told } from "./spawner-helper.js";

export interface SpawnOrder {
  command: string;
  args: string[];
  /** What it is called in the host's list of processes: its `argv[0]`; absent: the command. */
  title?: string;
  /** Absent: this process's own user. */
  uid?: number;
  /** A file that the command has open for writing, as descriptor 5. */
  artifact?: string;
  /** A file that it has open for reading, as descriptor 6. */
  filter?: string;
  /** Whether it tells on descriptor 4, as bubblewrap does, which process is the sandbox's first; else that is its own. */
  hasStatus: boolean;
  /**
   * The folders of its control groups, which are made for it. It is in them before it is executed. To be removed by
   * {@link Spawned.removeGroups}.
   */
  groups?: readonly string[];
  /** A file system in memory below {@link MemoryFiles.directory}, which goes when the command has ended. */
  memory?: { name: string; bytes: number };
}

/** How long a removal may take before the helper is killed; the helper itself gives up after ten seconds. */
const removalMs = 15_000;

/** How long the helpers have from then on, so that the server stops in time even if one does not answer. */
const stopMs = 3_000;

/** A removal of control groups that is under way; settled with why they are still there. */
interface Removal {
  helper: SpawnerHelper;
  settle(failure?: Error): void;
}

/** Files that sandboxes see, kept in memory by the helper, in a mount namespace of its own (../../supervisor/memoryfiles.go). */
export interface MemoryFiles {
  /** Where they are for the helper and what it starts; for all other processes it is an empty directory. */
  directory: string;
  /** The skeleton of /etc. */
  etc: string;
  /** Devices of the host's that what it starts sees read-only. */
  devices: readonly string[];
}

interface SpawnerParts {
  supervisor: string;
  memory: MemoryFiles | undefined;
  control: ControlServer;
}

export class Spawner {
  readonly #parts: SpawnerParts;
  readonly #pending = new Map<string, Spawned>();
  readonly #removals = new Map<string, Removal>();
  readonly #helpers = new Set<SpawnerHelper>();
  readonly #stopping = new AbortController();
  /** Control groups whose removal has failed, as it does where the host is out of something. */
  #left: string[] = [];
  #helper: SpawnerHelper | undefined;

  private constructor(parts: SpawnerParts) {
    this.#parts = parts;
    // Every sandbox that is starting listens to it; that many are no leak.
    setMaxListeners(0, this.#stopping.signal);
  }

  /**
   * @param supervisor the binary that is the helper too.
   * @param memory absent: it has no files in memory, and sees the host's mounts.
   */
  static async open(supervisor: string, memory?: MemoryFiles): Promise<Spawner> {
    return new Spawner({ supervisor, memory, control: await ControlServer.open() });
  }

  /** Aborted when sandboxes that are starting are to give up. */
  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Ends the start of those sandboxes that do not stand yet, and of all that follow. */
  stopStarting(): void {
    if (this.#stopping.signal.aborted) return;
    this.#stopping.abort(unavailable("the server is shutting down"));
    const deadline = setTimeout(() => {
      for (const helper of this.#helpers) helper.kill();
    }, stopMs);
    deadline.unref();
  }

  spawn(order: SpawnOrder): Spawned {
    const key = newKey();
    const helper = this.#currentHelper();
    const { control } = this.#parts;
    const spawned = new Spawned({
      key,
      helper,
      onSettled: () => {
        this.#pending.delete(key);
        control.forget(key);
        helper.letGo();
      },
      removeGroups: () => this.#removeGroups(order.groups ?? []),
      ...(order.memory === undefined ? {} : { memoryName: order.memory.name }),
    });
    this.#pending.set(key, spawned);
    control.expect(key, (socket) => spawned.connected(socket));
    helper.hold();
    helper.tell({ key, ...order });
    return spawned;
  }

  /** Resolves when the helper has ended; sandboxes that are left end with it. */
  async close(): Promise<void> {
    this.#parts.control.close();
    await Promise.all([...this.#helpers].map((helper) => helper.close()));
  }

  async #removeGroups(groups: readonly string[]): Promise<void> {
    if (groups.length === 0) return;
    const left = this.#left.splice(0);
    const failure = await this.#remove(groups);
    if (left.length > 0) void this.#remove(left);
    if (failure !== undefined) throw unavailable("the control groups of a sandbox could not be removed", failure);
  }

  /** Those that can't be removed now are tried again with the next that are. */
  async #remove(groups: readonly string[]): Promise<Error | undefined> {
    // If a helper dies meanwhile, another takes it over.
    const failure = (await this.#removal(groups)) && (await this.#removal(groups));
    if (failure !== undefined) this.#left.push(...groups);
    return failure;
  }

  async #removal(groups: readonly string[]): Promise<Error | undefined> {
    const key = newKey();
    const helper = this.#currentHelper();
    const { promise, resolve } = Promise.withResolvers<Error | undefined>();
    this.#removals.set(key, { helper, settle: resolve });
    helper.hold();
    helper.tell({ key, remove: groups });
    const overdue = setTimeout(() => helper.kill(), removalMs);
    const failure = await promise;
    clearTimeout(overdue);
    this.#removals.delete(key);
    helper.letGo();
    return failure;
  }

  #currentHelper(): SpawnerHelper {
    if (this.#helper?.isAlive) return this.#helper;
    const { supervisor, memory, control } = this.#parts;
    const helper: SpawnerHelper = new SpawnerHelper({
      ...{ supervisor, memory, address: control.address },
      onTold: (told) => this.#hear(told),
      onDied: (why) => this.#bury(helper, why),
    });
    this.#helper = helper;
    this.#helpers.add(helper);
    return helper;
  }

  #hear({ key, pid, exit, removed, installed }: Told): void {
    const spawned = this.#pending.get(key);
    if (installed !== undefined) spawned?.installed(installed.failed);
    if (pid !== undefined) spawned?.began(pid);
    if (exit !== undefined) spawned?.ended(exit);
    if (removed !== undefined) this.#removals.get(key)?.settle(removed.failed === "" ? undefined : new Error(removed.failed));
  }

  /** Nothing more is heard of what a dead helper was told. */
  #bury(helper: SpawnerHelper, why: string): void {
    this.#helpers.delete(helper);
    for (const spawned of [...this.#pending.values()]) {
      if (spawned.helper === helper) spawned.ended({ code: notTold, said: why });
    }
    for (const removal of [...this.#removals.values()]) {
      if (removal.helper === helper) removal.settle(new Error(`control groups are left: ${why}`));
    }
  }
}
