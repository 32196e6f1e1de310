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

const markerStart = "-- ";
const markerEnd = " --";

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
  const markers = markersOf(text);
  const marked = markers.map(({ path, end }, index) => ({ path, text: text.slice(end, markers[index + 1]?.start) }));
  return { before: text.slice(0, markers[0]?.start), marked };
}

interface Marker {
  path: string;
  /** Where its line begins, and where the next one does. */
  start: number;
  end: number;
}

/** A line ends with `\n` alone, as in Go: a lone `\r` or U+2028 may stand in a string of the program. */
function markersOf(text: string): Marker[] {
  const markers: Marker[] = [];
  let end = 0;
  for (let start = 0; start < text.length; start = end) {
    const newline = text.indexOf("\n", start);
    end = newline === -1 ? text.length : newline + 1;
    if (!text.startsWith(markerStart, start)) continue;
    const path = withoutBlanks(nameIn(text, start, newline));
    if (path !== "") markers.push({ path, start, end });
  }
  return markers;
}

/** What the marker in a line names; empty where the line is none. A carriage return before the newline is no part of it. */
function nameIn(text: string, start: number, newline: number): string {
  const last = newline === -1 ? text.length : text[newline - 1] === "\r" ? newline - 1 : newline;
  const from = start + markerStart.length;
  const to = last - markerEnd.length;
  return to >= from && text.startsWith(markerEnd, to) ? text.slice(from, to) : "";
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
const blanks = new Set(
  "\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000",
);

const isBlank = (text: string) => withoutBlanks(text) === "";

function withoutBlanks(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && blanks.has(text.charAt(start))) start++;
  while (start < end && blanks.has(text.charAt(end - 1))) end--;
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
