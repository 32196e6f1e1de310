/**
 * Memory, process and processor limits by control groups: exact, and for all processes of a sandbox together. Where the
 * host lets us set them is find-cgroups.ts's business.
 */
import { mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

export interface CgroupLimits {
  memoryBytes: number;
  processes: number;
}

export interface Cgroup {
  /** Sets its limits; until then there are none. */
  limit(limits: CgroupLimits): Promise<void>;
  /** Moves a process, and whatever it starts from then on, into the group. */
  add(pid: number): Promise<void>;
  /** What its limits did so far. */
  events(): Promise<{ memoryKills: number; processRefusals: number }>;
  /** Removes the group, with whatever may still live in it. */
  remove(): Promise<void>;
}

/** One way of laying out and naming the files of control groups. */
export interface CgroupVersion {
  name: "cgroup-v1" | "cgroup-v2";
  files: { memoryLimit: string; swapLimit: string; swapLimitFor(memoryBytes: number): string; memoryEvents: string };
}

export const version1: CgroupVersion = {
  name: "cgroup-v1",
  files: {
    memoryLimit: "memory.limit_in_bytes",
    swapLimit: "memory.memsw.limit_in_bytes",
    // In version 1 the limit is on memory and swap together.
    swapLimitFor: (memoryBytes) => String(memoryBytes),
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

  async create(): Promise<Cgroup> {
    const { version, parents, owner } = this.#options;
    const { files } = version;
    const id = `${owner}.${this.#created++}`;
    const directories = this.#parents.map((parent) => join(parent, id));
    const memory = join(parents.memory, id);
    const pids = join(parents.pids, id);
    for (const directory of directories) await mkdir(directory, { recursive: true });
    return {
      limit: async ({ memoryBytes, processes }) => {
        await writeFile(join(memory, files.memoryLimit), String(memoryBytes));
        // A kernel without swap accounting lacks the file; then there is no swap to limit by it either.
        await writeFile(join(memory, files.swapLimit), files.swapLimitFor(memoryBytes)).catch(ignoreMissing);
        await writeFile(join(pids, "pids.max"), String(processes));
      },
      add: async (pid) => {
        for (const directory of directories) await writeFile(join(directory, "cgroup.procs"), String(pid));
      },
      events: async () => ({
        memoryKills: countIn(await readFile(join(memory, files.memoryEvents), "utf8"), "oom_kill"),
        processRefusals: countIn(await readFile(join(pids, "pids.events"), "utf8"), "max"),
      }),
      remove: async () => {
        for (const directory of directories) await removeGroup(directory);
      },
    };
  }
}

/** Ends and removes all groups of an owner that is no more, in each of these groups that is there. */
export async function sweepGroups(parents: string[], owner: string): Promise<void> {
  for (const parent of parents) {
    const names = await readdir(parent).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return [];
      throw error;
    });
    for (const name of names) if (name.startsWith(`${owner}.`)) await removeGroup(join(parent, name));
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT" && error.code !== "EACCES") throw error;
}

/** The number behind `name` in a file of `name number` lines. */
function countIn(text: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1] ?? 0);
}

/** How often it is tried again, with pauses of 20 ms at most. */
const removeAttempts = 500;

/**
 * A killed process stays in its group until it is reaped, which can take a moment; one that nobody has killed yet is
 * killed here. (A fork bomb can't outrun this for ever: its group's limit on processes still holds.)
 */
async function removeGroup(directory: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await rmdir(directory);
    } catch (error) {
      if (!(error instanceof Error) || !("code" in error)) throw error;
      if (error.code === "ENOENT") return;
      if (error.code !== "EBUSY" || attempt >= removeAttempts) throw error;
      await killAll(directory);
      await delay(Math.min(2 ** attempt, 20));
    }
  }
}

async function killAll(directory: string): Promise<void> {
  const members = await readFile(join(directory, "cgroup.procs"), "utf8").catch(() => "");
  for (const line of members.split("\n")) {
    // 0 stands for a process that can't be seen from here.
    if (Number(line) > 0) killOne(Number(line));
  }
}

function killOne(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    // ESRCH: it has just ended by itself. EPERM: it has just become another's; its group says so next time.
    if (!(error instanceof Error && "code" in error && (error.code === "ESRCH" || error.code === "EPERM"))) throw error;
  }
}
