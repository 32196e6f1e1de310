/** Which system calls may be made, with which arguments, and why. What a policy does not name is refused with EPERM. */
import { wordsOf } from "./syscall-table.js";

/** By name; a call that one architecture lacks has no effect there. */
export type Policy = Readonly<Record<string, Rule>>;

export interface Rule {
  permission: Permission;
  /** Why the call is there, or why it is answered in another way than by EPERM. docs/system-calls.md prints it. */
  reason: string;
}

/**
 * `missing` is answered with ENOSYS and `unsupported` with EINVAL: as by a kernel without the call, or one that can't do it
 * for these descriptors. Go's standard library then takes another way.
 */
export type Permission = "allowed" | "missing" | "unsupported" | AnyOf;

/** Allowed where all tests of any alternative hold. */
export interface AnyOf {
  anyOf: readonly (readonly ArgumentTest[])[];
}

/** Values by their names in the kernel's headers. */
export type Constants = Readonly<Record<string, number>>;

export type ArgumentTest = OneOf | Within;

interface Tested {
  /** 0 to 5. */
  argument: number;
  /** What the manual page calls it. */
  name: string;
  /** How much of it the kernel looks at. The upper half of a 64-bit argument must be 0; that of a 32-bit one is ignored, as by the kernel. */
  bits: 32 | 64;
}

export interface OneOf extends Tested {
  oneOf: Constants;
  /** Flags that may be set besides. */
  besides?: Constants;
}

/** Compared without a sign, both ends included. */
export interface Within extends Tested {
  from: number;
  to: number;
}

/** The same reason for several calls. */
export const because = (reason: string, calls: Readonly<Record<string, Permission>>): Policy =>
  Object.fromEntries(Object.entries(calls).map(([name, permission]) => [name, { permission, reason }]));

export const allowed = (reason: string, names: string): Policy =>
  because(reason, Object.fromEntries(wordsOf(names).map((name) => [name, "allowed"] as const)));

/** Allowed where this argument, an int, is one of these. */
export const onlyWith = (argument: number, name: string, oneOf: Constants): AnyOf => ({ anyOf: [[{ argument, name, bits: 32, oneOf }]] });

/** The bits that a test looks at. */
export const maskOf = ({ besides = {} }: OneOf): number => Object.values(besides).reduce((mask, flag) => (mask & ~flag) >>> 0, 0xffff_ffff);
