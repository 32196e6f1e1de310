/** A table of system calls, written as the kernel's own tables are: runs of names, each from its first number on. */
export type SyscallTable = ReadonlyMap<string, number>;

export function numbered(...runs: [first: number, names: string][]): SyscallTable {
  return new Map(runs.flatMap(([first, names]) => wordsOf(names).map((name, index): [string, number] => [name, first + index])));
}

export const wordsOf = (text: string): string[] => text.split(/\s+/).filter((word) => word !== "");
