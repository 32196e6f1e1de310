/** Programs by their shape. */
import type { SourceFile } from "@gorunner/core";
import { program, sourceFiles } from "@gorunner/core/contract";

export const one = (code: string): SourceFile[] => sourceFiles({ "prog.go": code });
/** An empty program, and a file beside it. */
export const beside = (path: string, content = ""): SourceFile[] => sourceFiles({ "prog.go": program([]), [path]: content });
export const many = (count: number, line: (index: number) => string) => Array.from({ length: count }, (_, index) => line(index)).join("\n");
export const main = (...declarations: string[]) => `package main\n\n${declarations.join("\n")}\n\nfunc main() {}\n`;
