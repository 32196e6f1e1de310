/** What the kernel says about a process (proc(5)) and what lies on disk. */
import { readdirSync, readFileSync } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";

const mib = 1024 * 1024;

/** Resident memory. */
export function rssMib(pid: number | string): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
}

/** Processor time of all its threads, ended ones too, but not of its children. */
export function cpuMs(pid: number): number {
  const afterName = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ").at(-1)?.split(" ") ?? [];
  // Fields 14 and 15 of the line, user and system time; the third is the first after the name.
  return (Number(afterName[11]) + Number(afterName[12])) * msPerTick;
}

/** USER_HZ is 100 wherever Linux runs Node (time(7)). */
const msPerTick = 10;

export const descriptors = (pid: number) => readdirSync(`/proc/${pid}/fd`).length;

/** All processes below it: sandboxes, what runs in them, and compilers. */
export function descendants(pid: number): string[] {
  const parents = new Map(
    readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map((name) => [name, parentOf(name)]),
  );
  const isBelow = (each: string | undefined): boolean => {
    const parent = each === undefined ? undefined : parents.get(each);
    return parent !== undefined && (parent === String(pid) || isBelow(parent));
  };
  return [...parents.keys()].filter(isBelow);
}

/** Undefined for a process that has gone meanwhile. */
function parentOf(pid: string): string | undefined {
  try {
    return /^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1];
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** What the files below a directory take on disk, those in directories called `except` left out. */
export async function diskMib(directory: string, except?: string): Promise<number> {
  let total = 0;
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (entry.name === except) continue;
    const path = join(directory, entry.name);
    try {
      if (entry.isDirectory()) total += await diskMib(path, except);
      // A block of stat(2) is 512 bytes; two links of one file are counted as one.
      else total += await lstat(path).then(({ blocks, nlink }) => (blocks * 512) / nlink / mib);
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }
  return total;
}

const isGone = (error: unknown) => error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH");
