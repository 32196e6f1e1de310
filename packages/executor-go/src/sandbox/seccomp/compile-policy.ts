/**
 * From a policy to a program: first the architecture, since a number means nothing without it, then a binary search for
 * the number, at whose leaves stand verdicts or tests of arguments.
 */
import type { Architecture } from "./architecture.js";
import { and, type Instruction, jump, jumpIfAtLeast, jumpIfEqual, load, maxSkip, offsets, verdict, verdicts } from "./bpf.js";
import { type ArgumentTest, maskOf, type Permission, type Policy } from "./policy.js";

const errnos = { EPERM: 1, EINVAL: 22, ENOSYS: 38 };

const allow = verdict(verdicts.allow);
const kill = verdict(verdicts.killProcess);
const refuse = verdict(verdicts.errno(errnos.EPERM));
/** Also for what is newer than our tables: callers can do without what a kernel lacks. */
const lack = verdict(verdicts.errno(errnos.ENOSYS));
const unsupported = verdict(verdicts.errno(errnos.EINVAL));

export function compilePolicy(policy: Policy, architecture: Architecture): Instruction[] {
  return [
    ...[load(offsets.architecture), jumpIfEqual(architecture.audit, 1, 0), kill],
    ...[load(offsets.number), ...search(rangesOf(policy, architecture))],
  ];
}

/** The same is to be done with all numbers from `first` up to the next range. */
interface Range {
  first: number;
  code: Instruction[];
}

function rangesOf(policy: Policy, { syscalls, foreignFrom }: Architecture): Range[] {
  const ranges: Range[] = [];
  const from = (first: number, code: Instruction[]) => {
    const before = ranges.at(-1)?.code;
    if (before?.length !== 1 || code.length !== 1 || before[0] !== code[0]) ranges.push({ first, code });
  };
  let next = 0;
  for (const [name, number] of [...syscalls].sort(([, one], [, other]) => one - other)) {
    if (number > next) from(next, [lack]);
    from(number, codeFor(policy[name]?.permission));
    next = number + 1;
  }
  from(next, [lack]);
  if (foreignFrom !== undefined) from(foreignFrom, [kill]);
  return ranges;
}

function search(ranges: readonly Range[]): Instruction[] {
  const middle = Math.floor(ranges.length / 2);
  const upper = ranges[middle];
  if (upper === undefined) throw new Error("a search among no ranges");
  if (middle === 0) return upper.code;
  const below = search(ranges.slice(0, middle));
  const rest = [...below, ...search(ranges.slice(middle))];
  if (below.length <= maxSkip) return [jumpIfAtLeast(upper.first, below.length, 0), ...rest];
  return [jumpIfAtLeast(upper.first, 0, 1), jump(below.length), ...rest];
}

function codeFor(permission: Permission | undefined): Instruction[] {
  if (permission === undefined) return [refuse];
  if (permission === "allowed") return [allow];
  if (permission === "missing") return [lack];
  if (permission === "unsupported") return [unsupported];
  return [...permission.anyOf.flatMap((tests) => alternative(tests)), refuse];
}

/** Allows where all tests hold; else what follows is next. */
function alternative([test, ...others]: readonly ArgumentTest[]): Instruction[] {
  if (test === undefined) return [allow];
  const then = alternative(others);
  return [...testing(test, then.length), ...then];
}

/** Goes on where the test holds, else skips `otherwise` instructions. */
function testing(test: ArgumentTest, otherwise: number): Instruction[] {
  const low = [load(offsets.lowHalf(test.argument)), ...comparing(test, otherwise)];
  if (test.bits === 32) return low;
  return [load(offsets.highHalf(test.argument)), jumpIfEqual(0, 0, low.length + otherwise), ...low];
}

function comparing(test: ArgumentTest, otherwise: number): Instruction[] {
  if (!("oneOf" in test)) return [jumpIfAtLeast(test.from, 0, otherwise + 1), jumpIfAtLeast(test.to + 1, otherwise, 0)];
  const values = Object.values(test.oneOf);
  const comparisons = values.map((value, index) => {
    const left = values.length - 1 - index;
    return jumpIfEqual(value, left, left === 0 ? otherwise : 0);
  });
  return test.besides === undefined ? comparisons : [and(maskOf(test)), ...comparisons];
}
