/**
 * A program of several files as one text, in the txtar format (golang.org/x/tools/txtar) and by the rules of the Go
 * Playground: a line `-- name --` begins a file, and what stands before the first is `prog.go`.
 */
import { invalidArgument } from "../errors.js";
import type { SourceFile } from "./execution.js";
import { decodeUtf8, encodeUtf8, utf8Length } from "./text.js";

/** The file of a text without markers. */
export const mainFile = "prog.go";

const maxFiles = 20;
const maxNameBytes = 200;
const maxParts = 10;

/**
 * The whole line, with its end; a carriage return before that is no part of the name. A line ends with `\n` alone, as in
 * Go: the flag `m` would end one at a lone `\r` or at U+2028 too, which may stand in a string of the program.
 */
const marker = /(?<![^\n])-- ([^\n]*) --(?:\r?\n|$)/g;

interface Section {
  path: string;
  text: string;
}

/**
 * The files of a program text. A text without markers is one file, exactly as it is; in one with markers each file ends
 * with a newline.
 *
 * @throws RunnerError INVALID_ARGUMENT for too many files, a name that is not allowed, or one that is there twice.
 */
export function splitProgramText(text: string): SourceFile[] {
  const { before, marked } = sectionsOf(text);
  if (marked.length === 0) return [{ path: mainFile, content: encodeUtf8(text) }];
  const sections = isBlank(before) ? marked : [{ path: mainFile, text: before }, ...marked];
  checkNames(sections.map(({ path }) => path));
  return sections.map(({ path, text: content }) => ({ path, content: encodeUtf8(endLine(content)) }));
}

/**
 * The text of these files, of which {@link splitProgramText} makes them again; contents get a final newline where the
 * text has markers.
 *
 * @param original the text that the files come from, if they do: a `prog.go` that comes first has a marker where it has
 *   one there. Without it, it has none.
 * @throws RunnerError INVALID_ARGUMENT for names that {@link splitProgramText} refuses, and for contents that can't stand
 *   in a text: not UTF-8, or with a line that would begin another file.
 */
export function joinProgramText(files: SourceFile[], original = ""): string {
  checkNames(files.map(({ path }) => path));
  const sections = files.map(sectionOf);
  const [first, ...others] = sections;
  if (first?.path !== mainFile || beginsWithMain(original)) return withMarkers(sections);
  if (others.length === 0) return first.text;
  return isBlank(first.text) ? withMarkers(sections) : endLine(first.text) + withMarkers(others);
}

/** What stands before the first marker, and what after each. A marker without a name is an ordinary line. */
function sectionsOf(text: string): { before: string; marked: Section[] } {
  const markers = [...text.matchAll(marker)]
    .map(({ 0: line, 1: name = "", index }) => ({ path: withoutBlanks(name), start: index, end: index + line.length }))
    .filter(({ path }) => path !== "");
  const marked = markers.map(({ path, end }, index) => ({ path, text: text.slice(end, markers[index + 1]?.start) }));
  return { before: text.slice(0, markers[0]?.start), marked };
}

function sectionOf({ path, content }: SourceFile): Section {
  const text = decodeUtf8(content);
  const cannot = (why: string) => invalidArgument(`file ${JSON.stringify(path)} can't be part of a text: ${why}`);
  const bytes = encodeUtf8(text);
  if (bytes.length !== content.length || bytes.some((byte, at) => byte !== content[at])) throw cannot("it is not UTF-8");
  const [other] = sectionsOf(text).marked;
  if (other !== undefined) throw cannot(`its line ${JSON.stringify(`-- ${other.path} --`)} would begin another file; indent it`);
  return { path, text };
}

function beginsWithMain(text: string): boolean {
  const { before, marked } = sectionsOf(text);
  return isBlank(before) && marked[0]?.path === mainFile;
}

const withMarkers = (sections: Section[]) => sections.map(({ path, text }) => `-- ${path} --\n${endLine(text)}`).join("");

const endLine = (text: string) => (text === "" || text.endsWith("\n") ? text : `${text}\n`);

/** White space as Go has it (unicode.IsSpace), which differs from JavaScript's in the byte order mark and U+0085. */
const isBlank = (text: string) => !/\P{White_Space}/u.test(text);

function withoutBlanks(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && isBlank(text.charAt(start))) start++;
  while (start < end && isBlank(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}

function checkNames(names: string[]): void {
  if (names.length > maxFiles) throw invalidArgument(`the program has ${names.length} files, above the limit of ${maxFiles}`);
  const seen = new Set<string>();
  for (const name of names) {
    const problem = problemOf(name);
    if (problem !== undefined) throw invalidArgument(`file name ${JSON.stringify(name.slice(0, maxNameBytes))} is not allowed: ${problem}`);
    if (seen.has(name)) throw invalidArgument(`file ${JSON.stringify(name)} is there twice; give each file a name of its own`);
    seen.add(name);
  }
}

function problemOf(name: string): string | undefined {
  const parts = name.split("/");
  if (utf8Length(name) > maxNameBytes) return `it is longer than ${maxNameBytes} bytes`;
  if (parts.length > maxParts) return `it has more than ${maxParts} parts`;
  if (/[\p{Cc}\\]/u.test(name)) return "it has a backslash or a control character";
  if (name !== withoutBlanks(name)) return "it begins or ends with white space";
  if (parts.some((part) => part === "" || part === "." || part === "..")) return "it must be a plain relative path";
  return undefined;
}
