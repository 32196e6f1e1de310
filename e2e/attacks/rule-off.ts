/**
 * A bubblewrap that leaves out one rule when it is told to: a script of that name, first on the PATH, which passes the
 * rest on. So that an attack is seen to succeed where only the rule that stops it is missing.
 */
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { endianness, tmpdir } from "node:os";
import { join } from "node:path";
import type { Rule } from "./attack.js";

export interface RuleSwitch {
  /** Where the script lies, for the PATH. */
  directory: string;
  /** Leaves out a rule in all sandboxes that are started from now on; undefined: none. */
  leaveOut(rule: Rule | undefined): Promise<void>;
  close(): Promise<void>;
}

/** @param bubblewrap the real one */
export async function openRuleSwitch(bubblewrap: string): Promise<RuleSwitch> {
  const directory = await mkdtemp(join(tmpdir(), "gorunner-rules-"));
  // Sandboxes start as other users.
  await chmod(directory, 0o755);
  const file = join(directory, "left-out");
  const filter = join(directory, "filter");
  await writeFile(join(directory, "bwrap"), scriptFor({ bubblewrap, file, filter }), { mode: 0o755 });
  await writeFile(filter, laxFilter(), { mode: 0o644 });
  return {
    directory,
    // With its line's end, without which sh's read fails.
    leaveOut: (rule) => writeFile(file, `${rule ?? ""}\n`, { mode: 0o644 }),
    close: () => rm(directory, { recursive: true }),
  };
}

/** sh, since each sandbox waits for it. Every argument is taken from the front and, unless left out, put at the end. */
const scriptFor = ({ bubblewrap, file, filter }: { bubblewrap: string; file: string; filter: string }) => `#!/bin/sh
read -r rule < '${file}'
count=$#
while [ "$count" -gt 0 ]; do
  count=$((count - 1))
  option=$1
  shift
  case "$rule:$option" in
  "network namespace:--unshare-net" | "ipc namespace:--unshare-ipc") ;;
  "read-only root:--remount-ro")
    shift
    count=$((count - 1))
    ;;
  "system call filter:--seccomp")
    eval "exec $1< '${filter}'"
    set -- "$@" "$option"
    ;;
  *) set -- "$@" "$option" ;;
  esac
done
exec '${bubblewrap}' "$@"
`;

/**
 * A filter that allows everything, but for setting another one: that seems to succeed and does nothing, so that the
 * supervisor's own for the program stays away too.
 */
function laxFilter(): Buffer {
  const prctl = process.arch === "arm64" ? 167 : 157;
  const setSeccomp = 22;
  const [load, equals, answer] = [0x20, 0x15, 0x06];
  const [allow, nothingDone] = [0x7fff_0000, 0x0005_0000];
  // In the kernel's struct seccomp_data (seccomp(2)).
  const [atNumber, atArgument0] = [0, 16];
  const instructions = [
    [load, 0, 0, atNumber],
    [equals, 0, 3, prctl],
    [load, 0, 0, atArgument0],
    [equals, 0, 1, setSeccomp],
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
