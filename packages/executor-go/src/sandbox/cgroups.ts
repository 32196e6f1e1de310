/**
 * Memory and process limits by control groups, where the host lets us set them: exact, and for all processes of a
 * sandbox together. Elsewhere the supervisor's rlimits hold alone.
 */
import { mkdir, readFile, rmdir, writeFile } from "node:fs/promises";
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
  /** Removes the group; its processes must have been killed, though they may still be on their way out. */
  remove(): Promise<void>;
}

export interface Cgroups {
  /** For logs and doctor: `cgroup-v1`, `cgroup-v2`. */
  readonly name: "cgroup-v1" | "cgroup-v2";
  create(id: string): Promise<Cgroup>;
}

/** One way of laying out and naming the files of control groups. */
interface Version {
  name: Cgroups["name"];
  /** The directory of group `id` for each controller; in version 2 they are one and the same. */
  memory(id: string): string;
  pids(id: string): string;
  files: { memoryLimit: string; swapLimit: string; swapLimitFor(memoryBytes: number): string; memoryEvents: string };
}

const parent = "gorunner";

const version1: Version = {
  name: "cgroup-v1",
  memory: (id) => join("/sys/fs/cgroup/memory", parent, id),
  pids: (id) => join("/sys/fs/cgroup/pids", parent, id),
  files: {
    memoryLimit: "memory.limit_in_bytes",
    swapLimit: "memory.memsw.limit_in_bytes",
    // In version 1 the limit is on memory and swap together.
    swapLimitFor: (memoryBytes) => String(memoryBytes),
    memoryEvents: "memory.oom_control",
  },
};

const version2: Version = {
  name: "cgroup-v2",
  memory: (id) => join("/sys/fs/cgroup", parent, id),
  pids: (id) => join("/sys/fs/cgroup", parent, id),
  files: {
    memoryLimit: "memory.max",
    swapLimit: "memory.swap.max",
    swapLimitFor: () => "0",
    memoryEvents: "memory.events",
  },
};

/** @returns undefined where no version lets this process limit memory and processes, as a trial shows. */
export async function findCgroups(): Promise<Cgroups | undefined> {
  for (const version of [version2, version1]) {
    const cgroups = new VersionedCgroups(version);
    if (await cgroups.works()) return cgroups;
  }
  return undefined;
}

class VersionedCgroups implements Cgroups {
  readonly #version: Version;

  constructor(version: Version) {
    this.#version = version;
  }

  get name(): Cgroups["name"] {
    return this.#version.name;
  }

  async works(): Promise<boolean> {
    try {
      await this.#delegate();
      const trial = await this.create(`trial-${process.pid}`);
      await trial.limit({ memoryBytes: 64 * 1024 * 1024, processes: 64 });
      await trial.events();
      await trial.remove();
      return true;
    } catch (error) {
      if (isRefusal(error)) return false;
      throw error;
    }
  }

  async create(id: string): Promise<Cgroup> {
    const memory = this.#version.memory(id);
    const pids = this.#version.pids(id);
    const { files } = this.#version;
    const directories = [...new Set([memory, pids])];
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
        for (const directory of directories) await removeWhenEmpty(directory);
      },
    };
  }

  /** Version 2 hands controllers down only where each level says so. */
  async #delegate(): Promise<void> {
    if (this.#version !== version2) return;
    await mkdir(join("/sys/fs/cgroup", parent), { recursive: true });
    for (const directory of ["/sys/fs/cgroup", join("/sys/fs/cgroup", parent)]) {
      await writeFile(join(directory, "cgroup.subtree_control"), "+memory +pids");
    }
  }
}

const refusals = new Set(["ENOENT", "EACCES", "EPERM", "EROFS", "EBUSY", "EINVAL", "ENOTSUP", "EOPNOTSUPP", "ENODEV"]);

const isRefusal = (error: unknown) => error instanceof Error && "code" in error && refusals.has(String(error.code));

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT" && error.code !== "EACCES") throw error;
}

/** The number behind `name` in a file of `name number` lines. */
function countIn(text: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1] ?? 0);
}

/** A killed process stays in its group until it is reaped, which can take a moment. */
async function removeWhenEmpty(directory: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await rmdir(directory);
    } catch (error) {
      if (!(error instanceof Error) || !("code" in error)) throw error;
      if (error.code === "ENOENT") return;
      if (error.code !== "EBUSY" || attempt >= 200) throw error;
      await delay(Math.min(2 ** attempt, 20));
    }
  }
}
