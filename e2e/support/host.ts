/** What runs on this host below a server, as far as sandboxes go. */
import { readdirSync, readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";

export interface SandboxProcess {
  pid: string;
  command: string;
}

/** The processes inside the server's sandboxes and around them. Some of them only wait for their program. */
export function sandboxProcesses(serverPid: number): SandboxProcess[] {
  const parents = new Map(
    readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => [pid, /^PPid:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1]]),
  );
  const isBelow = (pid: string | undefined): boolean => pid !== undefined && (pid === String(serverPid) || isBelow(parents.get(pid)));
  return [...parents.keys()]
    .filter(isBelow)
    .map((pid) => ({ pid, command: read(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim() }))
    .filter(({ command }) => /^(\S*bwrap|\/supervisor|\/builder|\/app\/prog)( |$)/.test(command));
}

/** The programs that run in the server's sandboxes. */
export const programs = (serverPid: number) => sandboxProcesses(serverPid).filter(({ command }) => command.startsWith("/app/prog"));

/** Which of these processes still exist. */
export const survivors = (processes: SandboxProcess[]) =>
  processes.filter(({ pid, command }) => read(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim() === command);

/** The command lines on this host in which a text occurs. */
export const processesNaming = (text: string) =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => read(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim())
    .filter((command) => command.includes(text));

const allPids = () => readdirSync("/proc").filter((name) => /^\d+$/.test(name));
const commandOf = (pid: string) => read(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim();

/** The processes that start a server's sandboxes: one, and for a moment another that is ending. */
export const helpersOf = (serverPid: number): number[] =>
  allPids()
    .filter((pid) => commandOf(pid).includes(` spawner @gorunner-${serverPid}-`))
    .map(Number);

export function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

/** What is left of a server's sandboxes although what started it has gone: its parent is neither the server's nor its own. */
export function orphansOf(serverPid: number): string[] {
  const ours = new Set(sandboxProcesses(serverPid).map(({ pid }) => pid));
  const names = [`gorunner-${serverPid}-`, `/work/${serverPid}-`];
  return allPids().filter(
    (pid) => /^\S*bwrap /.test(commandOf(pid)) && names.some((name) => commandOf(pid).includes(name)) && !ours.has(pid),
  );
}

/** The control groups of a server's sandboxes, in all hierarchies. */
export async function controlGroupsOf(serverPid: number): Promise<string[]> {
  const parents = ["memory/gorunner", "pids/gorunner", "cpu/gorunner", "gorunner"].map((name) => join("/sys/fs/cgroup", name));
  const found = await Promise.all(
    parents.map(async (parent) => {
      const names = await readdir(parent).catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return [];
        throw error;
      });
      return names.filter((name) => name.startsWith(`${serverPid}-`)).map((name) => join(parent, name));
    }),
  );
  return found.flat();
}

/** Empty for a process that has gone meanwhile. */
function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH")) return "";
    throw error;
  }
}

/** Retries `assertion` until it holds; the last failure is thrown after `withinMs`. */
export async function eventually(assertion: () => Promise<void> | void, withinMs = 20_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      return await assertion();
    } catch (failure) {
      if (performance.now() > deadline) throw failure;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
