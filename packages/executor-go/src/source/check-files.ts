/** Which files may be in a program. */
import { invalidArgument, isWellFormed, type SourceFile } from "@gorunner/core";

const maxFiles = 100;
/** As on the Go Playground. */
const maxPathLength = 200;
const maxDepth = 10;

/**
 * What the toolchain would take into a build beside Go: assembly and C leak host files by `#include`, even without cgo
 * (the lists of go/build's Package).
 */
const foreign = /\.(s|S|sx|c|cc|cpp|cxx|m|h|hh|hpp|hxx|f|F|for|f90|swig|swigcxx|syso|a|o|so)$/;
/** Names that make the go command look elsewhere than in the program's own go.mod, be they files' or folders'. */
const misleading = new Set(["go.mod", "go.sum", "go.work"]);

function isMisleading(parts: string[]): boolean {
  const [first = "", ...others] = parts;
  if (first === "vendor") return true;
  return others.length === 0 ? first === "go.work" || first === "go.work.sum" : parts.some((part) => misleading.has(part));
}

/** @throws RunnerError INVALID_ARGUMENT unless these can be the files of one program. */
export function checkFiles(files: SourceFile[], maxBytes: number): void {
  if (files.length === 0) throw invalidArgument("a program needs at least one file");
  if (files.length > maxFiles) throw invalidArgument(`a program can have ${maxFiles} files at most, not ${files.length}`);
  const total = files.reduce((sum, file) => sum + file.content.length, 0);
  if (total > maxBytes) throw invalidArgument(`the program has ${total} bytes of source, above the limit of ${maxBytes}`);
  for (const { path } of files) checkPath(path);
  checkTogether(files.map(({ path }) => path));
}

/** Case clashes count as the same name, so that a program means the same on every file system. */
function checkTogether(paths: string[]): void {
  const seen = new Set<string>();
  for (const path of paths) {
    const folded = path.toLowerCase();
    if (seen.has(folded)) throw invalidArgument(`file ${printable(path)} is there twice`);
    seen.add(folded);
  }
  for (const path of paths) {
    const parts = path.toLowerCase().split("/");
    for (let depth = 1; depth < parts.length; depth++) {
      const folder = parts.slice(0, depth).join("/");
      if (seen.has(folder)) throw invalidArgument(`${printable(folder)} is a file and a folder`);
    }
  }
}

function checkPath(path: string): void {
  const parts = path.split("/");
  const refuse = (why: string) => invalidArgument(`file name ${printable(path)} is not allowed: ${why}`);
  if (path.length > maxPathLength) throw refuse(`it is longer than ${maxPathLength} characters`);
  if (parts.length > maxDepth) throw refuse(`it is deeper than ${maxDepth} folders`);
  if (parts.some((part) => part === "" || part === "." || part === "..")) throw refuse("it must be a plain relative path");
  if (parts.some((part) => part.startsWith("-"))) throw refuse("no part of it may start with -");
  if (/[\p{Cc}\\]/u.test(path) || !isWellFormed(path)) throw refuse("it has a backslash or a control character");
  if (foreign.test(path)) throw refuse("only Go is compiled, no assembly, C or objects");
  if (isMisleading(parts)) throw refuse("a program is one module, without workspace or vendored packages");
}

const printable = (text: string) => JSON.stringify(text.slice(0, 128));
