/**
 * A program of several files as one text, in the txtar format (golang.org/x/tools/txtar) and by the rules of the Go
 * Playground: a line `-- name --` begins a file, and what stands before the first is `prog.go`.
 */
import { invalidArgument } from "../errors.js";
import type { SourceFile } from "./execution.js";
import { encodeUtf8, utf8Length } from "./text.js";

/** The file of a text without markers. */
export const mainFile = "prog.go";

const maxFiles = 20;
const maxNameBytes = 200;
const maxDepth = 10;

/** The whole line, with its end; a carriage return before that is no part of the name. */
const marker = /^-- (.*) --\r?(?:\n|$)/gm;

/**
 * The files of a program text. A text without markers is one file, exactly as it is; in one with markers each file ends
 * with a newline.
 *
 * @throws RunnerError INVALID_ARGUMENT for too many files, a name that is not allowed, or one that is there twice.
 */
export function splitProgramText(text: string): SourceFile[] {
  const markers = [...text.matchAll(marker)].map((match) => ({ name: (match[1] ?? "").trim(), start: match.index, line: match[0] }));
  const named = markers.filter(({ name }) => name !== "");
  const first = named[0];
  if (first === undefined) return [{ path: mainFile, content: encodeUtf8(text) }];
  const sections = named.map(({ name, start, line }, index) => ({
    name,
    text: text.slice(start + line.length, named[index + 1]?.start),
  }));
  const before = text.slice(0, first.start);
  if (before.trim() !== "") sections.unshift({ name: mainFile, text: before });
  check(sections.map(({ name }) => name));
  return sections.map(({ name, text: content }) => ({ path: name, content: encodeUtf8(endLine(content)) }));
}

/**
 * The text of these files, of which {@link splitProgramText} makes them again, where their contents end with a newline
 * and hold no marker of their own. A `prog.go` that comes first stands without a marker.
 */
export function joinProgramText(files: { path: string; text: string }[]): string {
  const [first, ...others] = files;
  if (first?.path === mainFile && others.length === 0) return first.text;
  const implicit = first?.path === mainFile && first.text.trim() !== "";
  const marked = implicit ? others : files;
  return (implicit ? endLine(first.text) : "") + marked.map(({ path, text }) => `-- ${path} --\n${endLine(text)}`).join("");
}

const endLine = (text: string) => (text === "" || text.endsWith("\n") ? text : `${text}\n`);

function check(names: string[]): void {
  if (names.length > maxFiles) throw invalidArgument(`the program has ${names.length} files, above the limit of ${maxFiles}`);
  const seen = new Set<string>();
  for (const name of names) {
    const problem = problemOf(name);
    if (problem !== undefined) throw invalidArgument(`file name ${JSON.stringify(name.slice(0, maxNameBytes))} is not allowed: ${problem}`);
    if (seen.has(name)) throw invalidArgument(`file ${JSON.stringify(name)} is there twice`);
    seen.add(name);
  }
}

function problemOf(name: string): string | undefined {
  const parts = name.split("/");
  if (utf8Length(name) > maxNameBytes) return `it is longer than ${maxNameBytes} bytes`;
  if (parts.length > maxDepth) return `it is deeper than ${maxDepth} folders`;
  if (/[\p{Cc}\\]/u.test(name)) return "it has a backslash or a control character";
  if (parts.some((part) => part === "" || part === "." || part === "..")) return "it must be a plain relative path";
  return undefined;
}
