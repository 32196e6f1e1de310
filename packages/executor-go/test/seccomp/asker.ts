/** Asks a policy's filter for one system call by name. */
import assert from "node:assert/strict";
import type { Architecture } from "../../src/sandbox/seccomp/architecture.js";
import { encode } from "../../src/sandbox/seccomp/bpf.js";
import { compilePolicy } from "../../src/sandbox/seccomp/compile-policy.js";
import type { Policy } from "../../src/sandbox/seccomp/policy.js";
import { Filter, type SystemCall } from "./simulator.js";

export const none: SystemCall["args"] = [0n, 0n, 0n, 0n, 0n, 0n];

export function asker(policy: Policy, architecture: Architecture, name: string): (...args: bigint[]) => number {
  const filter = new Filter(encode(compilePolicy(policy, architecture)));
  const number = architecture.syscalls.get(name);
  assert.ok(number !== undefined, name);
  return (...args) => filter.run({ architecture: architecture.audit, number, args: [...args, ...none].slice(0, 6) });
}
