/**
 * The classic BPF of which seccomp filters are made: the few instructions that ours need. A program is an array of them;
 * jumps are forward, relative and counted in instructions, so that pieces can be put together. See seccomp(2) and
 * linux/filter.h.
 */
export interface Instruction {
  code: number;
  /** How many instructions to skip where the comparison holds, and where it does not. */
  jt: number;
  jf: number;
  k: number;
}

/** Of struct seccomp_data. */
export const offsets = {
  number: 0,
  architecture: 4,
  /** Both architectures are little endian: the low half of an argument comes first. */
  lowHalf: (argument: number) => 16 + 8 * argument,
  highHalf: (argument: number) => 20 + 8 * argument,
};

/** BPF_LD|BPF_W|BPF_ABS and so on, as sums of linux/bpf_common.h. */
const codes = { load: 0x20, and: 0x54, jump: 0x05, jumpIfEqual: 0x15, jumpIfAtLeast: 0x35, verdict: 0x06 };

/** What the kernel does; of several filters, the strictest stands. */
export const verdicts = {
  killProcess: 0x8000_0000,
  errno: (errno: number) => 0x0005_0000 + errno,
  allow: 0x7fff_0000,
};

export const load = (offset: number): Instruction => ({ code: codes.load, jt: 0, jf: 0, k: offset });
export const and = (mask: number): Instruction => ({ code: codes.and, jt: 0, jf: 0, k: mask });
export const verdict = (value: number): Instruction => ({ code: codes.verdict, jt: 0, jf: 0, k: value });
export const jump = (skip: number): Instruction => ({ code: codes.jump, jt: 0, jf: 0, k: skip });
export const jumpIfEqual = (value: number, jt: number, jf: number): Instruction => conditional(codes.jumpIfEqual, value, jt, jf);
export const jumpIfAtLeast = (value: number, jt: number, jf: number): Instruction => conditional(codes.jumpIfAtLeast, value, jt, jf);

/** How far a conditional jump reaches. */
export const maxSkip = 255;
/** BPF_MAXINSNS. */
const maxInstructions = 4096;

function conditional(code: number, k: number, jt: number, jf: number): Instruction {
  if (jt > maxSkip || jf > maxSkip) throw new RangeError(`a conditional jump of ${Math.max(jt, jf)} instructions`);
  return { code, jt, jf, k };
}

/** As an array of struct sock_filter, which is what the kernel takes. */
export function encode(program: readonly Instruction[]): Buffer {
  if (program.length > maxInstructions) throw new RangeError(`a filter of ${program.length} instructions`);
  const bytes = Buffer.alloc(program.length * 8);
  for (const [index, { code, jt, jf, k }] of program.entries()) {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(jt, index * 8 + 2);
    bytes.writeUInt8(jf, index * 8 + 3);
    bytes.writeUInt32LE(k, index * 8 + 4);
  }
  return bytes;
}
