/**
 * Filters of system calls that switch a rule off: what the supervisor calls to set it seems to succeed, and does nothing.
 * But for that of the system call filter itself, they stand beside our own filter, which holds for all else.
 */
import { endianness } from "node:os";
import type { Rule } from "./attack.js";

export type LaxRule = Extract<
  Rule,
  | "system call filter"
  | "hiding of the supervisor"
  | "closing of descriptors"
  | `limit of ${"open files" | "file sizes" | "core dumps" | "address space" | "pending signals"}`
>;

interface PretendedCall {
  /** Its number on x86-64 and on arm64. */
  numbers: [x64: number, arm64: number];
  /** Which of its arguments says what it does, and the value. */
  argument: number;
  value: number;
  /** An argument that is an address, and is there. */
  given?: number;
}

const prctl = { numbers: [157, 167], argument: 0 } satisfies Partial<PretendedCall>;
/** Setting a limit; asking for one is another matter. */
const prlimit = { numbers: [302, 261], argument: 1, given: 2 } satisfies Partial<PretendedCall>;

const pretended: Record<LaxRule, PretendedCall> = {
  // PR_SET_SECCOMP: so that the supervisor's own filter for the program stays away too.
  "system call filter": { ...prctl, value: 22 },
  // PR_SET_DUMPABLE.
  "hiding of the supervisor": { ...prctl, value: 4 },
  // F_SETFD of fcntl.
  "closing of descriptors": { numbers: [72, 25], argument: 1, value: 2 },
  // RLIMIT_NOFILE, RLIMIT_FSIZE, RLIMIT_CORE, RLIMIT_AS, RLIMIT_SIGPENDING.
  "limit of open files": { ...prlimit, value: 7 },
  "limit of file sizes": { ...prlimit, value: 1 },
  "limit of core dumps": { ...prlimit, value: 4 },
  "limit of address space": { ...prlimit, value: 9 },
  "limit of pending signals": { ...prlimit, value: 11 },
};

export const laxFilters = () => (Object.keys(pretended) as LaxRule[]).map((rule) => ({ rule, filter: pretends(pretended[rule]) }));

/** Allows everything, and answers one call as if it were done. */
function pretends({ numbers, argument, value, given }: PretendedCall): Buffer {
  const [load, equals, answer] = [0x20, 0x15, 0x06];
  const [allow, nothingDone] = [0x7fff_0000, 0x0005_0000];
  // In the kernel's struct seccomp_data (seccomp(2)): of an argument, the lower half comes first.
  const atNumber = 0;
  const at = (which: number) => 16 + 8 * which;
  const number = numbers[process.arch === "arm64" ? 1 : 0];
  const isGiven =
    given === undefined
      ? []
      : ([
          [load, 0, 0, at(given)],
          [equals, 0, 2, 0],
          [load, 0, 0, at(given) + 4],
          [equals, 1, 0, 0],
        ] as const);
  const instructions = [
    [load, 0, 0, atNumber],
    [equals, 0, 3 + isGiven.length, number],
    [load, 0, 0, at(argument)],
    [equals, 0, 1 + isGiven.length, value],
    ...isGiven,
    [answer, 0, 0, nothingDone],
    [answer, 0, 0, allow],
  ] as const;
  if (endianness() !== "LE") throw new Error("filters are written for little-endian machines");
  return Buffer.concat(
    instructions.map(([code, ifTrue, ifFalse, value]) => {
      const bytes = Buffer.alloc(8);
      bytes.writeUInt16LE(code, 0);
      bytes.writeUInt8(ifTrue, 2);
      bytes.writeUInt8(ifFalse, 3);
      bytes.writeUInt32LE(value, 4);
      return bytes;
    }),
  );
}
