/**
 * A bubblewrap that leaves out rules when it is told to: a script of that name, first on the PATH, which passes the rest
 * on. So that an attack is seen to succeed where only the rule that stops it is missing.
 */
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Rule } from "./attack.js";
import { laxFilters } from "./lax-filters.js";
import { type HostThings, rewritings } from "./rewritings.js";

export interface RuleSwitch {
  /** Where the script lies, for the PATH. */
  directory: string;
  /** Leaves out these rules, and no others, in all sandboxes that are started from now on. */
  leaveOut(rules: readonly Rule[]): Promise<void>;
  close(): Promise<void>;
}

export interface RuleSwitchOptions {
  /** The real one. */
  bubblewrap: string;
  /** What of the host is in a sandbox whose root is not empty. */
  host: HostThings;
}

export async function openRuleSwitch({ bubblewrap, host }: RuleSwitchOptions): Promise<RuleSwitch> {
  const directory = await mkdtemp(join(tmpdir(), "gorunner-rules-"));
  // Sandboxes start as other users.
  await chmod(directory, 0o755);
  const file = join(directory, "left-out");
  const filters = laxFilters().map(({ rule, filter }) => ({ rule, path: join(directory, rule.replaceAll(" ", "-")), filter }));
  for (const { path, filter } of filters) await writeFile(path, filter, { mode: 0o644 });
  const branches = rewritings({ host, filters }).map(
    ({ rule, option, commands }) =>
      `  *'|${[rule].flat().join("|")}|'*:${option})\n${commands.map((command) => `    ${command}\n`).join("")}    ;;\n`,
  );
  await writeFile(join(directory, "bwrap"), scriptFor({ bubblewrap, file, branches }), { mode: 0o755 });
  return {
    directory,
    // With its line's end, without which sh's read fails.
    leaveOut: (rules) => writeFile(file, `|${rules.join("|")}|\n`, { mode: 0o644 }),
    close: () => rm(directory, { recursive: true }),
  };
}

/** sh, since each sandbox waits for it. Every argument is taken from the front and, unless left out, put at the end. */
const scriptFor = ({ bubblewrap, file, branches }: { bubblewrap: string; file: string; branches: string[] }) => `#!/bin/sh
read -r rules < '${file}'
count=$#
while [ "$count" -gt 0 ]; do
  count=$((count - 1))
  option=$1
  shift
  dropped=0
  case "$rules:$option" in
${branches.join("")}  *) set -- "$@" "$option" ;;
  esac
  shift "$dropped"
  count=$((count - dropped))
done
exec '${bubblewrap}' "$@"
`;
