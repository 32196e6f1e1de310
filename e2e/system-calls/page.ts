/** docs/system-calls.md: every system call that a sandbox may make, with its arguments and the reason, from the policies. */
import { architectures } from "../../packages/executor-go/src/sandbox/seccomp/architecture.js";
import {
  aroundRunPolicy,
  buildPolicy,
  fetchPolicy,
  runPolicy,
  runPolicyByRlimits,
} from "../../packages/executor-go/src/sandbox/seccomp/policies.js";
import type { ArgumentTest, Constants, Permission, Rule } from "../../packages/executor-go/src/sandbox/seccomp/policy.js";

/** By what the page calls them. The architectures differ in numbers alone. */
const policies = {
  run: runPolicy(architectures.x64),
  "run by rlimits": runPolicyByRlimits(architectures.x64),
  supervisor: aroundRunPolicy(architectures.x64),
  build: buildPolicy(architectures.x64),
  fetch: fetchPolicy(architectures.x64),
};

interface Row {
  calls: string[];
  where: string;
  permission: string;
  reason: string;
}

const header = ["system calls", "where", "arguments", "reason"];

export function systemCallsPage(): string {
  const rows = rowsOf(
    Object.fromEntries(
      Object.entries(policies).flatMap(([where, policy]) => Object.entries(policy).map(([call, rule]) => [`${call} ${where}`, rule])),
    ),
  );
  const isAnswered = ({ permission }: Row) => permission.startsWith("E");
  return [
    "# System calls",
    "",
    "<!-- made by npm run docs:system-calls -->",
    "",
    "Every system call that a sandbox may make. All others fail with EPERM, those that our tables don't know with ENOSYS, and those by another architecture's numbers kill the caller. The filters are compiled from the same [policies](../packages/executor-go/src/sandbox/seccomp/policies.ts) as this page; a test compares both. Why there are filters of our own is in [adr/0005-seccomp.md](adr/0005-seccomp.md).",
    "",
    "- **run**: a user's program where a control group counts memory",
    "- **run by rlimits**: the same where only rlimits and the supervisor count it",
    "- **supervisor**: the supervisor and the launcher in a program's sandbox",
    "- **build**: the builder with Go's tools, also for vet, tests and format",
    "- **fetch**: the same for module downloads, in the sandbox that has a network",
    "",
    "Flags that may be added are in brackets. Numbers are compared as the kernel reads them: 32 bits, or all 64.",
    "",
    "## Allowed",
    "",
    ...tableOf(rows.filter((row) => !isAnswered(row))),
    "",
    "## Answered in another way than by EPERM",
    "",
    ...tableOf(rows.filter(isAnswered)),
    "",
  ].join("\n");
}

/** Calls that are alike stand together. */
function rowsOf(rules: Readonly<Record<string, Rule>>): Row[] {
  const rows = new Map<string, Row>();
  const calls = new Set(Object.keys(rules).map((key) => key.split(" ", 1)[0] ?? ""));
  for (const call of calls) {
    const byRule = new Map<string, { rule: Rule; where: string[] }>();
    for (const where of Object.keys(policies)) {
      const rule = rules[`${call} ${where}`];
      if (rule === undefined) continue;
      const key = JSON.stringify(rule);
      const { where: others } = byRule.get(key) ?? { where: [] };
      byRule.set(key, { rule, where: [...others, where] });
    }
    for (const { rule, where } of byRule.values()) {
      const row = { where: whereTold(where), permission: permissionTold(rule.permission), reason: rule.reason };
      const key = JSON.stringify(row);
      rows.set(key, { ...row, calls: [...(rows.get(key)?.calls ?? []), call] });
    }
  }
  return [...rows.values()];
}

const whereTold = (where: string[]) => (where.length === Object.keys(policies).length ? "all" : where.join(", "));

function permissionTold(permission: Permission): string {
  if (permission === "allowed") return "any";
  if (permission === "missing") return "ENOSYS";
  if (permission === "unsupported") return "EINVAL";
  return permission.anyOf.map((tests) => tests.map(testTold).join(", ")).join("; or ");
}

function testTold(test: ArgumentTest): string {
  if (!("oneOf" in test)) return `\`${test.name}\` from ${test.from} to ${test.to}`;
  const besides = test.besides === undefined ? "" : ` (${namesOf(test.besides)})`;
  return `\`${test.name}\` ${namesOf(test.oneOf)}${besides}`;
}

const namesOf = (constants: Constants) => Object.keys(constants).join(" ");

function tableOf(rows: readonly Row[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("_", "\\_")).join(" | ")} |`;
  return [
    line(header),
    line(header.map(() => "---")),
    ...rows.map(({ calls, where, permission, reason }) => line([calls.join(" "), where, permission, reason])),
  ];
}
