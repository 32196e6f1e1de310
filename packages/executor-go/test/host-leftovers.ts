/** What executions of this process could leave behind on this host. Others may execute on it at the same time. */
import { readdirSync, readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { cacheDir } from "./shared-executor.js";

export interface Leftovers {
  processes: string[];
  directories: string[];
  cgroups: string[];
  descriptors: number;
}

export async function leftovers(): Promise<Leftovers> {
  const own = (names: string[]) => names.filter((name) => name.startsWith(`${process.pid}-`));
  const workDirs = own(await list(join(cacheDir, "work"))).map((name) => join(cacheDir, "work", name));
  const cgroups = ["memory", "pids"].map((controller) => `/sys/fs/cgroup/${controller}/gorunner`);
  return {
    processes: sandboxProcesses(),
    directories: (await Promise.all(workDirs.map(list))).flat(),
    cgroups: own((await Promise.all([...cgroups, "/sys/fs/cgroup/gorunner"].map(list))).flat()),
    descriptors: (await list("/proc/self/fd")).length,
  };
}

/** The command lines of this process's descendants that are part of a sandbox. */
export function sandboxProcesses(): string[] {
  const parents = new Map(
    readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => [pid, parentOf(pid)]),
  );
  const isOurs = (pid: string | undefined): boolean => pid !== undefined && (pid === String(process.pid) || isOurs(parents.get(pid)));
  return [...parents.keys()]
    .filter(isOurs)
    .map((pid) => read(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim())
    .filter((command) => /^(\S*bwrap|\/supervisor|\/builder|\/app\/prog)( |$)/.test(command));
}

const parentOf = (pid: string) => /^PPid:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1];

/** Empty for a process that has gone meanwhile. */
function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH")) return "";
    throw error;
  }
}

async function list(directory: string): Promise<string[]> {
  return readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
}
