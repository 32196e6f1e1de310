/**
 * Memory, process and processor limits by control groups: exact, and for all processes of a sandbox together. Where the
 * host lets us set them is find-cgroups.ts's business.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface CgroupLimits {
  memoryBytes: number;
  processes: number;
}

/**
 * The groups of one sandbox, which the spawner makes and removes.
 *
 * Their files are read and written at once: they are the kernel's own, and answer in microseconds, of which a turn of
 * Node's thread pool takes some hundred.
 */
export interface Cgroup {
  /** Its folders, one in each hierarchy. */
  readonly directories: readonly string[];
  /** Sets its limits; until then there are none. */
  limit(limits: CgroupLimits): void;
  /** What its limits did so far. */
  events(): { memoryKills: number; processRefusals: number };
}

/** One way of laying out and naming the files of control groups. */
export interface CgroupVersion {
  name: "cgroup-v1" | "cgroup-v2";
  files: {
    memoryLimit: string;
    swapLimit: string;
    swapLimitFor(memoryBytes: number): string;
    /** A limit of its own on what lies in TCP sockets; absent where that is counted as memory. */
    tcpLimit?: string;
    memoryEvents: string;
  };
}

export const version1: CgroupVersion = {
  name: "cgroup-v1",
  files: {
    memoryLimit: "memory.limit_in_bytes",
    swapLimit: "memory.memsw.limit_in_bytes",
    // In version 1 the limit is on memory and swap together.
    swapLimitFor: (memoryBytes) => String(memoryBytes),
    tcpLimit: "memory.kmem.tcp.limit_in_bytes",
    memoryEvents: "memory.oom_control",
  },
};

export const version2: CgroupVersion = {
  name: "cgroup-v2",
  files: {
    memoryLimit: "memory.max",
    swapLimit: "memory.swap.max",
    swapLimitFor: () => "0",
    memoryEvents: "memory.events",
  },
};

/** The groups that hold the groups of sandboxes, by controller; in version 2 they are one and the same. */
export interface CgroupParents {
  memory: string;
  pids: string;
  /** Absent where it can't be had. Sandboxes then share the processors by the number of their threads, not evenly. */
  cpu?: string;
}

export interface CgroupsOptions {
  version: CgroupVersion;
  parents: CgroupParents;
  /** What the names of this process's groups begin with; nobody else's do. */
  owner: string;
}

export class Cgroups {
  readonly #options: CgroupsOptions;
  readonly #parents: string[];
  #created = 0;

  constructor(options: CgroupsOptions) {
    this.#options = options;
    this.#parents = [...new Set(Object.values(options.parents) as string[])];
  }

  get name(): CgroupVersion["name"] {
    return this.#options.version.name;
  }

  /** Whether sandboxes get even shares of the processors. */
  get sharesProcessors(): boolean {
    return this.#options.parents.cpu !== undefined;
  }

  /** One that is still to be made, with a name of its own. */
  next(): Cgroup {
    const { version, parents, owner } = this.#options;
    const { files } = version;
    const id = `${owner}.${this.#created++}`;
    const memory = join(parents.memory, id);
    const pids = join(parents.pids, id);
    return {
      directories: this.#parents.map((parent) => join(parent, id)),
      limit: ({ memoryBytes, processes }) => {
        writeFileSync(join(memory, files.memoryLimit), String(memoryBytes));
        // A kernel without swap accounting lacks the file; then there is no swap to limit by it either.
        limitIfThere(join(memory, files.swapLimit), files.swapLimitFor(memoryBytes));
        if (files.tcpLimit !== undefined) limitIfThere(join(memory, files.tcpLimit), String(tcpShare * memoryBytes));
        writeFileSync(join(pids, "pids.max"), String(processes + aroundIt));
      },
      events: () => ({
        memoryKills: countIn(readFileSync(join(memory, files.memoryEvents), "utf8"), "oom_kill"),
        processRefusals: countIn(readFileSync(join(pids, "pids.events"), "utf8"), "max"),
      }),
    };
  }
}

/** bubblewrap itself, which waits outside for the first process: it is in the groups, too. */
const aroundIt = 1;

/**
 * The supervisor counts what is sent, and ends the program for it; the kernel counts what that takes, and at its limit lets
 * senders wait. So its limit comes later, and holds against what takes more than one would think.
 */
const tcpShare = 2;

function limitIfThere(file: string, limit: string): void {
  try {
    writeFileSync(file, limit);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "EACCES"))) throw error;
  }
}

/** The number behind `name` in a file of `name number` lines. */
function countIn(text: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1] ?? 0);
}
