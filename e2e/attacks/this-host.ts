/** What this host keeps even from programs outside any sandbox. */
import { existsSync, readFileSync } from "node:fs";
import { release } from "node:os";
import type { HostKind } from "./attack.js";
import { answersGetpid } from "./native-getpid.js";

/** A hard limit of this process, by its name in proc_pid_limits(5). */
function hardLimit(name: "Max open files" | "Max core file size"): number {
  const line = readFileSync("/proc/self/limits", "latin1")
    .split("\n")
    .find((each) => each.startsWith(name));
  const value = line?.slice(name.length).trim().split(/\s+/)[1];
  return value === "unlimited" ? Number.POSITIVE_INFINITY : Number(value);
}

/** Whether AppArmor takes the rights in a user namespace from whoever makes one (Ubuntu). */
function keepsRightsFromNamespaces(): boolean {
  const switchFile = "/proc/sys/kernel/apparmor_restrict_unprivileged_userns";
  return existsSync(switchFile) && readFileSync(switchFile, "latin1").trim() !== "0";
}

/** The kernel's switches: absent where it has none, or where they may not be read. */
function sysctl(path: string): string | undefined {
  const file = `/proc/sys/${path}`;
  return existsSync(file) ? readFileSync(file, "latin1").trim() : undefined;
}

/** Where rights in a user namespace are left to whoever makes one. */
export const leavesRights: HostKind = {
  isHere: () => !keepsRightsFromNamespaces(),
  told: "a host without AppArmor's restriction of user namespaces",
};

/** Where a process may trace others of its user (Yama's ptrace_scope). */
export const letsTrace: HostKind = {
  isHere: () => (sysctl("kernel/yama/ptrace_scope") ?? "0") === "0",
  told: "a host on which a user's processes may trace each other",
};

/** Linux 6.5 or later that leaves to anybody what it can, with no filter from outside: all calls of the corpus answer then. */
export const openKernel: HostKind = {
  isHere: () => {
    const [major = 0, minor = 0] = release().split(".").map(Number);
    const isFiltered = !/^Seccomp:\s+0$/m.test(readFileSync("/proc/self/status", "latin1"));
    const isNew = major > 6 || (major === 6 && minor >= 5);
    return isNew && !isFiltered && (sysctl("kernel/io_uring_disabled") ?? "0") === "0";
  },
  told: "a kernel that leaves these calls to anybody",
};

/** All others. */
export const closedKernel: HostKind = { isHere: () => !openKernel.isHere(), told: "any other kernel" };

/** Such a server and its sandboxes are one user, to whom the mounted files belong. */
export const serverIsNoRoot: HostKind = { isHere: () => process.getuid?.() !== 0, told: "a server that is not root" };

export const answersInt80: HostKind = { isHere: () => answersGetpid("int80"), told: "a kernel that has them" };

export const answersX32: HostKind = { isHere: () => answersGetpid("x32"), told: "a kernel that has them" };

export const allowsOpenFiles = (count: number): HostKind => ({
  isHere: () => hardLimit("Max open files") > count,
  told: `a host that allows ${count} open files`,
});

export const allowsCoreDumps: HostKind = { isHere: () => hardLimit("Max core file size") > 0, told: "a host that allows core dumps" };

export const hasPressure: HostKind = {
  isHere: () => existsSync("/proc/pressure/memory"),
  told: "a kernel that tells of pressure",
};

export const hasMptcp: HostKind = { isHere: () => sysctl("net/mptcp/enabled") === "1", told: "a kernel that has MPTCP" };
