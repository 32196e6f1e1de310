/** What a policy means, said the long way: what a compiled one must answer. */
import type { Architecture } from "../../src/sandbox/seccomp/architecture.js";
import type { ArgumentTest, Policy } from "../../src/sandbox/seccomp/policy.js";
import type { SystemCall } from "./simulator.js";

/** SECCOMP_RET_… of linux/seccomp.h, with the errno. */
export const answers = { kill: 0x80000000, EPERM: 0x50001, EINVAL: 0x50016, ENOSYS: 0x50026, allow: 0x7fff0000 };

export function answerOf(policy: Policy, architecture: Architecture, call: SystemCall): number {
  if (call.architecture !== architecture.audit) return answers.kill;
  if (architecture.foreignFrom !== undefined && call.number >= architecture.foreignFrom) return answers.kill;
  const name = [...architecture.syscalls].find(([, number]) => number === call.number)?.[0];
  if (name === undefined) return answers.ENOSYS;
  const permission = policy[name]?.permission;
  if (permission === undefined) return answers.EPERM;
  if (permission === "allowed") return answers.allow;
  if (permission === "missing") return answers.ENOSYS;
  if (permission === "unsupported") return answers.EINVAL;
  return permission.anyOf.some((tests) => tests.every((test) => holds(test, call))) ? answers.allow : answers.EPERM;
}

function holds(test: ArgumentTest, { args }: SystemCall): boolean {
  const seen = BigInt.asUintN(test.bits, args[test.argument] ?? 0n);
  if (test.bits === 64 && seen >> 32n !== 0n) return false;
  if (!("oneOf" in test)) return seen >= BigInt(test.from) && seen <= BigInt(test.to);
  const besides = Object.values(test.besides ?? {}).reduce((all, flag) => all | BigInt(flag), 0n);
  return Object.values(test.oneOf).some((value) => (seen & ~besides) === BigInt(value));
}
