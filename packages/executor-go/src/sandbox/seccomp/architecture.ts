/** The machines whose system calls we know. */
import { unavailable } from "@gorunner/core";
import type { SyscallTable } from "./syscall-table.js";
import { syscallsOfArm64 } from "./syscalls-arm64.js";
import { syscallsOfX64 } from "./syscalls-x64.js";

export interface Architecture {
  /** What the kernel calls it: AUDIT_ARCH_… of linux/audit.h. */
  audit: number;
  syscalls: SyscallTable;
  /** From here on the numbers belong to another way of calling the same kernel. */
  foreignFrom?: number;
  /** With which flags Go's runtime makes a thread: cloneFlags in runtime/os_linux.go, and CLONE_SETTLS on x86-64. */
  threadFlags: number;
}

export const architectures: Record<"x64" | "arm64", Architecture> = {
  // Bit 30 marks a call of the x32 ABI.
  x64: { audit: 0xc000_003e, syscalls: syscallsOfX64, foreignFrom: 0x4000_0000, threadFlags: 0xd_0f00 },
  arm64: { audit: 0xc000_00b7, syscalls: syscallsOfArm64, threadFlags: 0x5_0f00 },
};

/** @throws RunnerError UNAVAILABLE where there is none: no sandbox goes without a filter. */
export function architectureOf(name: string): Architecture {
  if (name === "x64" || name === "arm64") return architectures[name];
  throw unavailable(`there is no system call filter for ${name}, and no sandbox without one; use a machine with x86-64 or arm64`);
}
