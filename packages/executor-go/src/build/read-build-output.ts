/** What the toolchain said, cleaned and taken apart in slices. */
import type { Diagnostic, Turns } from "@gorunner/core";
import { linesOf, Slices } from "../text/slices.js";
import { cleanBuildOutput, parseDiagnostics } from "./diagnostics.js";

export interface ToldByTools {
  output: string;
  diagnostics: Diagnostic[];
}

/** As {@link cleanBuildOutput} and {@link parseDiagnostics}. */
export async function readBuildOutput(said: string, turns: Turns): Promise<ToldByTools> {
  const slices = new Slices(turns);
  const parts: string[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const lines of linesOf(said)) {
    const part = cleanBuildOutput(lines);
    parts.push(part);
    parseDiagnostics(part, diagnostics);
    await slices.worked(lines.length);
  }
  return { output: parts.join(""), diagnostics };
}
