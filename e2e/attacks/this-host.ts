/** What this host keeps even from programs outside any sandbox. */
import { existsSync, readFileSync } from "node:fs";

/** A hard limit of this process, by its name in proc_pid_limits(5). */
export function hardLimit(name: "Max open files" | "Max core file size"): number {
  const line = readFileSync("/proc/self/limits", "latin1")
    .split("\n")
    .find((each) => each.startsWith(name));
  const value = line?.slice(name.length).trim().split(/\s+/)[1];
  return value === "unlimited" ? Number.POSITIVE_INFINITY : Number(value);
}

/** Whether AppArmor takes the rights in a user namespace from whoever makes one (Ubuntu). */
export function keepsRightsFromNamespaces(): boolean {
  const switchFile = "/proc/sys/kernel/apparmor_restrict_unprivileged_userns";
  return existsSync(switchFile) && readFileSync(switchFile, "latin1").trim() !== "0";
}
