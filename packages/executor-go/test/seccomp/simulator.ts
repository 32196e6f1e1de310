/**
 * What the kernel does with a seccomp filter: its checks before it takes one (bpf_check_classic and seccomp_check_filter),
 * and how it executes one (Documentation/networking/filter.rst). Written from the kernel's rules, not from our compiler's.
 */

export interface SystemCall {
  architecture: number;
  number: number;
  /** Six, each of 64 bits. */
  args: readonly bigint[];
}

interface Instruction {
  code: number;
  jt: number;
  jf: number;
  k: number;
}

const maxInstructions = 4096;
const dataBytes = 64;

const BPF = {
  ...{ LD_W_ABS: 0x20, ALU_AND_K: 0x54, RET_K: 0x06 },
  ...{ JA: 0x05, JEQ_K: 0x15, JGT_K: 0x25, JGE_K: 0x35, JSET_K: 0x45 },
};
const conditional = [BPF.JEQ_K, BPF.JGT_K, BPF.JGE_K, BPF.JSET_K];

export class Filter {
  readonly #program: Instruction[];

  /** @throws when the kernel would not take it: EINVAL. */
  constructor(bytes: Uint8Array) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length % 8 !== 0) throw new Error("not a whole number of instructions");
    this.#program = Array.from({ length: bytes.length / 8 }, (_, index) => ({
      code: view.getUint16(index * 8, true),
      jt: view.getUint8(index * 8 + 2),
      jf: view.getUint8(index * 8 + 3),
      k: view.getUint32(index * 8 + 4, true),
    }));
    this.#check();
  }

  get length(): number {
    return this.#program.length;
  }

  #check(): void {
    const { length } = this.#program;
    if (length === 0 || length > maxInstructions) throw new Error(`${length} instructions`);
    for (const [index, { code, jt, jf, k }] of this.#program.entries()) {
      const left = length - index - 1;
      if (conditional.includes(code)) {
        if (jt >= left || jf >= left) throw new Error(`instruction ${index} jumps out of the program`);
      } else if (code === BPF.JA) {
        if (k >= left) throw new Error(`instruction ${index} jumps out of the program`);
      } else if (code === BPF.LD_W_ABS) {
        if (k % 4 !== 0 || k >= dataBytes) throw new Error(`instruction ${index} loads what is not there`);
      } else if (code !== BPF.ALU_AND_K && code !== BPF.RET_K) {
        throw new Error(`instruction ${index} has the unknown code ${code}`);
      }
    }
    if (this.#program.at(-1)?.code !== BPF.RET_K) throw new Error("the last instruction is no return");
  }

  /** The filter's return value. */
  run(call: SystemCall): number {
    const data = dataOf(call);
    let accumulator = 0;
    for (let at = 0; ; at++) {
      const instruction = this.#program[at];
      if (instruction === undefined) throw new Error("ran off the end");
      const { code, jt, jf, k } = instruction;
      if (code === BPF.RET_K) return k;
      if (code === BPF.LD_W_ABS) accumulator = data.getUint32(k, true);
      else if (code === BPF.ALU_AND_K) accumulator = (accumulator & k) >>> 0;
      else if (code === BPF.JA) at += k;
      else at += holds(code, accumulator, k) ? jt : jf;
    }
  }
}

function holds(code: number, accumulator: number, k: number): boolean {
  if (code === BPF.JEQ_K) return accumulator === k;
  if (code === BPF.JGT_K) return accumulator > k;
  if (code === BPF.JGE_K) return accumulator >= k;
  return (accumulator & k) !== 0;
}

/** struct seccomp_data: number, architecture, instruction pointer, arguments. */
function dataOf({ architecture, number, args }: SystemCall): DataView {
  const data = new DataView(new ArrayBuffer(dataBytes));
  data.setUint32(0, number, true);
  data.setUint32(4, architecture, true);
  for (const [index, arg] of args.entries()) data.setBigUint64(16 + 8 * index, arg, true);
  return data;
}
