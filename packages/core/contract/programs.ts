/** Go programs for the executor's contract, each small and about one thing. */
import type { ExecutionRequest, SourceFile } from "@gorunner/core";
import { encodeUtf8 } from "@gorunner/core";

/** A request to run `code` as `prog.go`; each field can be overridden. */
export function aRequest(code: string, fields: Partial<ExecutionRequest> = {}): ExecutionRequest {
  return { files: [{ path: "prog.go", content: encodeUtf8(code) }], mode: "run", clock: "real", ...fields };
}

/** The files of a program from their names and texts. */
export function sourceFiles(texts: Record<string, string>): SourceFile[] {
  return Object.entries(texts).map(([path, content]) => ({ path, content: encodeUtf8(content) }));
}

/** A whole program from the packages it imports and the statements of its main. */
export function program(imports: string[], ...statements: string[]): string {
  const importLines = imports.map((path) => `import "${path}"`);
  return ["package main", ...importLines, "func main() {", ...statements.map((statement) => `\t${statement}`), "}", ""].join("\n");
}

export const hello = program(["fmt"], 'fmt.Println("Hello RunCode!")');
