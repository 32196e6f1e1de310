/** Which system calls may be made, and with which arguments. What a policy does not name is refused with EPERM. */
import { wordsOf } from "./syscall-table.js";

/** By name; a call that one architecture lacks has no effect there. */
export type Policy = Readonly<Record<string, Permission>>;

/** `missing`: answered as by a kernel that does not have it (ENOSYS), for a caller that then does something else. */
export type Permission = "allowed" | "missing" | AnyOf;

/** Allowed where all tests of any alternative hold. */
export interface AnyOf {
  anyOf: readonly (readonly ArgumentTest[])[];
}

export interface ArgumentTest {
  /** 0 to 5. */
  argument: number;
  /** How much of it the kernel looks at. The upper half of a 64-bit argument must be 0; that of a 32-bit one is ignored, as by the kernel. */
  bits: 32 | 64;
  /** What is left of it before it is compared; absent: all. */
  mask?: number;
  oneOf: readonly number[];
}

export const allowed = (names: string): Policy => Object.fromEntries(wordsOf(names).map((name) => [name, "allowed"] as const));

/** Allowed where this argument, an int, is one of these. */
export const onlyWith = (argument: number, ...oneOf: number[]): AnyOf => ({ anyOf: [[{ argument, bits: 32, oneOf }]] });
