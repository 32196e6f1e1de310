/** What the toolchain said about a program, for people and for editors. */
import type { Diagnostic } from "@gorunner/core";
import type { Locate } from "../sandbox/tier.js";
import { mountedGoroot, mountedModules } from "../toolchain/import-config.js";

/** Where the program's files are inside the build sandbox. */
export const sourceDirectory = "/tmp/src";

/**
 * The toolchain's output as a person should see it: the names of the program's own files, and no trace of where they
 * lay while they were built.
 */
export function cleanBuildOutput(output: string): string {
  return output
    .split("\n")
    .filter((line) => !/^(# \S+|package command-line-arguments)( \[.*\])?$|^FAIL\t\S+ \[setup failed\]$|^FAIL$/.test(line))
    .map((line) =>
      line
        .replace(modulePath, "")
        .replaceAll(`${sourceDirectory}/`, "")
        .replaceAll(`all Go files in ${sourceDirectory}`, "all Go files")
        .replaceAll(`Go files in ${sourceDirectory}`, "Go files at its root")
        .replaceAll(` (${sourceDirectory})`, "")
        .replaceAll(` in ${sourceDirectory}`, "")
        .replaceAll(`${mountedGoroot}/src/`, "$GOROOT/src/")
        .replace(/^(\s*)\.\//, "$1"),
    )
    .map((line) => line.replace(/ is not in std \(.*\)$/, " is not in std").replace(/^\t(\S+\.go:\d+:\d+: use of internal package )/, "$1"))
    .map((line) =>
      line.replace(/^no Go files at its root$/, "the program has no Go files at its root; a package in a folder alone can't be run"),
    )
    .map((line) => line.replace(/^-buildmode=exe requires exactly one main package$/, "a program has to be of package main"))
    .map(visible)
    .join("\n");
}

/** What the tools said, with the places of a sandbox where they are in one that has a root of its own. */
export const asInside = (output: string, locate: Locate) =>
  ["/tmp", mountedModules, mountedGoroot].reduce(
    (text, path) => (locate(path) === path ? text : text.replaceAll(locate(path), path)),
    output,
  );

/** Where modules from elsewhere are, as the tools tell it: absolute, or from where the program's files are. */
const modulePath = /(\.\.(\/\.\.)*)?\/modules\/(?=[^\s@]+@v)/g;

/** Messages quote the program, which may hold what a terminal would obey. */
export const visible = (line: string) =>
  line.replace(/(?!\t)\p{Cc}/gu, (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, "0")}`);

/** The messages in cleaned output, each with its place where the toolchain named one. */
export function parseDiagnostics(output: string): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  for (const line of output.split("\n")) {
    const last = diagnostics.at(-1);
    const placed = /^\s*([^\s:][^:]*\.go|go\.mod):(\d+)(?::(\d+))?: (.*)$/.exec(line);
    if (placed !== null) {
      const [, file = "", row = "", column, message = ""] = placed;
      diagnostics.push({ file, line: Number(row), ...(column === undefined ? {} : { column: Number(column) }), message });
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
