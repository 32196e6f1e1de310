import type { NewSnippet, Snippet } from "@gorunner/core";

/** A snippet to save; each field can be overridden. */
export function aSnippet(fields: Partial<NewSnippet> = {}): NewSnippet {
  return { code: "package main\n\nfunc main() { println(1) }\n", output: "", error: "1\n", ...fields };
}

/** A snippet as a store would return it. */
export function aStoredSnippet(fields: Partial<Snippet> = {}): Snippet {
  return { ...aSnippet(), id: 7n, createdAt: new Date("2026-01-02T03:04:05.678Z"), ...fields };
}
