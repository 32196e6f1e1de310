import { type NewSnippet, type Snippet, snippetKeyBytes, snippetKeyOf } from "@gorunner/core";

/** A key that no other snippet has. */
export const aKey = (): string => snippetKeyOf(crypto.getRandomValues(new Uint8Array(snippetKeyBytes)));

/** A snippet to save, under a key of its own; each field can be overridden. */
export function aSnippet(fields: Partial<NewSnippet> = {}): NewSnippet {
  return { key: aKey(), code: "package main\n\nfunc main() { println(1) }\n", output: "", error: "1\n", ...fields };
}

/** A snippet as a store would return it. */
export function aStoredSnippet(fields: Partial<Snippet> = {}): Snippet {
  const createdAt = new Date("2026-01-02T03:04:05.678Z");
  return { ...aSnippet({ key: "aaaaBBBB0000-___" }), id: 7n, createdAt, sizeBytes: 41, ...fields };
}
