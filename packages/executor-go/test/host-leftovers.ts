/** What executions of this process could leave behind on this host. Others may execute on it at the same time. */
import { readdirSync, readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { findCgroupMounts } from "../src/sandbox/cgroup-mounts.js";
import { cacheDir } from "./shared-executor.js";

export interface Leftovers {
  processes: string[];
  /** And file systems in memory that spawners have mounted for single sandboxes. */
  directories: string[];
  cgroups: string[];
  descriptors: number;
}

export async function leftovers(): Promise<Leftovers> {
  const own = (names: string[]) => names.filter((name) => name.startsWith(`${process.pid}-`));
  const workDirs = own(await list(join(cacheDir, "work")))
    .filter((name) => !name.endsWith(".lock"))
    .map((name) => join(cacheDir, "work", name));
  const { unified, controllers } = await findCgroupMounts();
  const hierarchies = [...(unified === undefined ? [] : [unified]), ...controllers.values()];
  const parents = new Set(hierarchies.flatMap(({ top, own: group }) => [top, group, dirname(group)]));
  return {
    processes: sandboxProcesses(),
    // The filters of system calls are the executor's own, as long as it lives, and so is the place of its files in memory.
    directories: [
      ...(await Promise.all(workDirs.map(list))).flat().filter((name) => !name.endsWith(".bpf") && name !== "memory"),
      ...fileSystemsInMemory(),
    ],
    cgroups: own((await Promise.all([...parents].map((parent) => list(join(parent, "gorunner"))))).flat()),
    descriptors: (await list("/proc/self/fd")).length,
  };
}

const fileSystemsInMemory = (): string[] =>
  descendants()
    .filter(({ command }) => command.includes(" spawner @gorunner-"))
    .flatMap(({ pid }) => read(`/proc/${pid}/mountinfo`).split("\n"))
    .filter((line) => line.includes("/memory/app-"));

/** The command lines of this process's descendants that are part of a sandbox. */
export const sandboxProcesses = (): string[] =>
  descendants()
    .map(({ command }) => command)
    .filter((command) => /^(\S*bwrap|\/supervisor|\/builder|\/app\/prog)( |$)/.test(command));

export function descendants(): { pid: number; command: string }[] {
  const parents = new Map(
    readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => [pid, parentOf(pid)]),
  );
  const isOurs = (pid: string | undefined): boolean => pid !== undefined && (pid === String(process.pid) || isOurs(parents.get(pid)));
  return [...parents.keys()].filter(isOurs).map((pid) => ({ pid: Number(pid), command: commandOf(pid) }));
}

/** A process's command line; empty for one that has gone, or that is a zombie. */
export const commandOf = (pid: string): string => read(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim();

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
