/** Limits of processes that run, by prlimit(1), and the control group by which their memory is limited. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { helpersOf } from "../../support/host.js";

const run = promisify(execFile);

type Resource = "nofile" | "nproc";

/** The server, and the helpers that start its sandboxes now. */
export const processesOf = (server: number) => [server, ...helpersOf(server)];

/** Lowers a soft limit of these processes. @returns what puts it back, for those that still live. */
export async function lower(resource: Resource, pids: number[], to: (pid: number) => number): Promise<() => Promise<void>> {
  const before = new Map<number, string>();
  for (const pid of pids) {
    before.set(pid, await softOf(pid, resource));
    await set(pid, resource, String(to(pid)));
  }
  return async () => {
    for (const [pid, soft] of before) if (existsSync(`/proc/${pid}`)) await set(pid, resource, soft);
  };
}

const set = (pid: number, resource: Resource, soft: string) => run("prlimit", ["--pid", String(pid), `--${resource}=${soft}:`]);

async function softOf(pid: number, resource: Resource): Promise<string> {
  const { stdout } = await run("prlimit", ["--pid", String(pid), `--${resource}`, "--noheadings", "--raw", "--output", "SOFT"]);
  return stdout.trim();
}

/** So many descriptors the runtime of a server holds for good: with this limit no other is opened, whatever is closed. */
export const noDescriptors = () => 20;

/** How much they may take then: nothing that counts. */
const trickle = 1024 * 1024;

/** Where a group of its own limits memory; undefined where this user can't make one. */
export const memoryHierarchy: string | undefined =
  process.getuid?.() === 0 ? ["/sys/fs/cgroup/memory", "/sys/fs/cgroup"].find(limitsMemory) : undefined;

function limitsMemory(top: string): boolean {
  if (existsSync(join(top, "memory.limit_in_bytes"))) return true;
  const controllers = join(top, "cgroup.subtree_control");
  return existsSync(controllers) && readFileSync(controllers, "utf8").split(/\s+/).includes("memory");
}

/**
 * Moves processes into a group that lets them take no more memory. Nobody is killed for it: what wants some waits. Their
 * sandboxes have groups of their own.
 */
export async function starve(hierarchy: string, pids: number[]): Promise<() => Promise<void>> {
  const group = join(hierarchy, `gorunner-test-${process.pid}`);
  await mkdir(group);
  const isVersion1 = existsSync(join(group, "memory.limit_in_bytes"));
  const write = (file: string, text: string) => writeFile(join(group, file), text);
  const homes = new Map<number, string>();
  for (const pid of pids) homes.set(pid, await groupOf(hierarchy, pid, isVersion1));
  if (isVersion1) await write("memory.oom_control", "1");
  for (const pid of pids) await write("cgroup.procs", String(pid));
  await write(isVersion1 ? "memory.limit_in_bytes" : "memory.high", String(trickle));
  return async () => {
    await write(isVersion1 ? "memory.limit_in_bytes" : "memory.high", isVersion1 ? "-1" : "max");
    // Those that were started meanwhile are in it, too.
    for (const pid of (await readFile(join(group, "cgroup.procs"), "utf8")).split("\n").filter(Boolean).map(Number)) {
      const home = homes.get(pid) ?? homes.values().next().value ?? hierarchy;
      await writeFile(join(home, "cgroup.procs"), String(pid)).catch(ignoreEnded);
    }
    await removeGroup(group);
  };
}

async function groupOf(hierarchy: string, pid: number, isVersion1: boolean): Promise<string> {
  const lines = (await readFile(`/proc/${pid}/cgroup`, "utf8")).split("\n");
  const own = lines.find((line) => (isVersion1 ? line.split(":")[1]?.split(",").includes("memory") : line.startsWith("0::")));
  return join(hierarchy, own?.split(":").slice(2).join(":") ?? "");
}

function ignoreEnded(error: NodeJS.ErrnoException): void {
  if (error.code !== "ESRCH") throw error;
}

/** A process that has ended stays in its group until it is reaped. */
async function removeGroup(group: string): Promise<void> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    try {
      return await rmdir(group);
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
