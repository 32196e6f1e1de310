/** What executions could leave behind on this host, counted. */
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
  return {
    processes: sandboxProcesses(),
    directories: (await list(join(cacheDir, "work", await ownWorkDir()))).filter((name) => name.startsWith("run-")),
    cgroups: (await Promise.all(["memory", "pids"].map((controller) => list(`/sys/fs/cgroup/${controller}/gorunner`))))
      .flat()
      .filter((name) => name.includes("-")),
    descriptors: (await list("/proc/self/fd")).length,
  };
}

/** The command lines of everything that runs in a sandbox or around one: the build tools are below a supervisor. */
export function sandboxProcesses(): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => commandLine(pid))
    .filter((command) => /^(\S*bwrap|\/supervisor|\/app\/prog)( |$)/.test(command));
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ").trim();
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH")) return "";
    throw error;
  }
}

async function ownWorkDir(): Promise<string> {
  return (await list(join(cacheDir, "work"))).find((name) => name.startsWith(`${process.pid}-`)) ?? "none";
}

async function list(directory: string): Promise<string[]> {
  return readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
}
