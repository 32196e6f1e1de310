/** What the kernel does on this host with the memory of a program that crashes; see core(5). */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { LackSources } from "./host-lacks.js";

/**
 * @returns who gets it, and what keeps programs of ours from it. A sandbox's program is not dumpable, and its limit of core
 * dumps is 1 byte, for which the kernel writes no file and starts no handler (for 0 it starts one); without walls a program
 * has that limit alone.
 */
export async function coreDumpsTold(walls: boolean, { proc = "/proc" }: LackSources = {}): Promise<{ detail: string; holds: boolean }> {
  const pattern = (await readFile(join(proc, "sys/kernel/core_pattern"), "utf8")).trim();
  const held = walls
    ? "no program in a sandbox can be dumped, and its limit of core dumps is 1 byte"
    : "a program's limit of core dumps is 1 byte";
  if (pattern.startsWith("@")) {
    // A socket gets them whatever the limit is.
    return { detail: `kernel.core_pattern sends core dumps to the socket ${pattern.replace(/^@+/, "")}; ${held}`, holds: walls };
  }
  if (!pattern.startsWith("|")) return { detail: `kernel.core_pattern names a file; ${held}`, holds: true };
  const [handler = ""] = pattern.slice(1).trim().split(/\s/);
  return {
    detail: `kernel.core_pattern starts ${handler} as root for core dumps, outside of sandboxes; not for programs: ${held}`,
    holds: true,
  };
}
