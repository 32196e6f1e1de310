/** What the toolchain said about a program, for people and for editors. */
import type { Diagnostic } from "@gorunner/core";
import type { Locate } from "../sandbox/tier.js";
import { visible } from "../text/visible.js";
import { blanksEnd, wordEnd } from "../text/words.js";
import { mountedGoroot, mountedModules } from "../toolchain/import-config.js";
import { placeOf } from "./message-place.js";
import { withoutModulePaths } from "./module-paths.js";

/** Where the program's files are inside the build sandbox. */
export const sourceDirectory = "/tmp/src";

/**
 * The toolchain's output as a person should see it: the names of the program's own files, and no trace of where they
 * lay while they were built.
 *
 * The tools quote the program, so this is a user's text: each step passes over it once, and none goes back.
 */
export function cleanBuildOutput(output: string): string {
  const told = output.split("\n").filter((line) => !isHeader(line));
  const own = withoutModulePaths(told.join("\n"))
    .replaceAll(`${sourceDirectory}/`, "")
    .replaceAll(`all Go files in ${sourceDirectory}`, "all Go files")
    .replaceAll(`Go files in ${sourceDirectory}`, "Go files at its root")
    .replaceAll(` (${sourceDirectory})`, "")
    .replaceAll(` in ${sourceDirectory}`, "")
    .replaceAll(`${mountedGoroot}/src/`, "$GOROOT/src/");
  return visible(own.split("\n").map(cleanLine).join("\n"));
}

/** What the go command writes about a package as a whole: `# play [play.test]`, `FAIL\tplay [setup failed]`. */
function isHeader(line: string): boolean {
  if (line === "FAIL") return true;
  if (line.startsWith("FAIL\t")) {
    const end = wordEnd(line, "FAIL\t".length);
    return end > "FAIL\t".length && line.slice(end) === " [setup failed]";
  }
  const start = line.startsWith("# ") ? 2 : line.startsWith(commandLinePackage) ? "package ".length : -1;
  const end = start === -1 ? -1 : wordEnd(line, start);
  return end > start && (end === line.length || (line.startsWith(" [", end) && line.endsWith("]")));
}

const commandLinePackage = "package command-line-arguments";

function cleanLine(given: string): string {
  const line = withoutTab(withoutDot(given));
  const at = line.endsWith(")") ? line.indexOf(`${notInStd} (`) : -1;
  // In brackets stands the toolchain's own directory.
  return plainer.get(line) ?? (at === -1 ? line : line.slice(0, at + notInStd.length));
}

const notInStd = " is not in std";

/** The program's files are in the directory where the tools run. */
function withoutDot(line: string): string {
  const start = blanksEnd(line, 0);
  return line.startsWith("./", start) ? line.slice(0, start) + line.slice(start + "./".length) : line;
}

/** An import's place stands indented, below a package of no name; here it is the message. */
function withoutTab(line: string): string {
  const at = line.startsWith("\t") ? line.indexOf(" use of internal package ") : -1;
  const isPlaced = at > 0 && wordEnd(line, 1) === at && placeOf(line.slice(1, at + 1))?.column !== undefined;
  return isPlaced ? line.slice(1) : line;
}

/** Messages that need to be said otherwise. */
const plainer = new Map([
  ["no Go files at its root", "the program has no Go files at its root; a package in a folder alone can't be run"],
  ["-buildmode=exe requires exactly one main package", "a program has to be of package main"],
]);

/** What the tools said, with the places of a sandbox where they are in one that has a root of its own. */
export const asInside = (output: string, locate: Locate) =>
  ["/tmp", mountedModules, mountedGoroot].reduce(
    (text, path) => (locate(path) === path ? text : text.replaceAll(locate(path), path)),
    output,
  );

/**
 * The messages in cleaned output, each with its place where the toolchain named one.
 * @param diagnostics those of the lines before, to which they are added.
 */
export function parseDiagnostics(output: string, diagnostics: Diagnostic[] = []): Diagnostic[] {
  for (const line of output.split("\n")) {
    const last = diagnostics.at(-1);
    const place = placeOf(line);
    if (place !== undefined) {
      const { file, row, column, end } = place;
      diagnostics.push({ file, line: row, ...(column === undefined ? {} : { column }), message: line.slice(end) });
    } else if (line.startsWith("\t") && last !== undefined) {
      // Go indents what belongs to the message above.
      last.message += `\n${line.trim()}`;
    } else if (line === "go: errors parsing go.mod:") {
      // They come with their places.
    } else if (line.startsWith("go: error reading go.mod: ")) {
      diagnostics.push({ file: "go.mod", message: line.slice("go: error reading go.mod: ".length) });
    } else if (line.startsWith("go: go.mod ")) {
      // A file, and no line of it.
      diagnostics.push({ file: "go.mod", message: line.slice("go: go.mod ".length) });
    } else if (line.trim() !== "") {
      diagnostics.push({ message: line.trim() });
    }
  }
  return diagnostics;
}
