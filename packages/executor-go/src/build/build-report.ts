/** What the builder says of a build that succeeded (builder/build.go). */
import type { Diagnostic } from "@gorunner/core";
import { visible } from "../text/visible.js";
import type { BuiltProgram, Product } from "./product.js";
import type { ToldByTools } from "./read-build-output.js";

export interface BuildReport extends Product {
  /** Which path was taken, and why if it was not the direct one: `direct`, `go build: //go:embed`. */
  taken: string;
  /** Which linker made it: the toolchain's own, or the one that had loaded packages ahead. */
  linker: string;
}

/**
 * @param read makes of what the toolchain said what a person should see.
 * @throws Error for anything but a report: it comes out of a sandbox.
 */
export async function parseBuildReport(text: string, read: ReadOutput): Promise<BuildReport> {
  const report: unknown = JSON.parse(text);
  if (!isObject(report)) throw new Error("no build report");
  const { taken, linker, tests, programs, vet } = report;
  if (typeof taken !== "string" || typeof linker !== "string" || typeof tests !== "boolean") throw new Error("no build report");
  if (!Array.isArray(programs) || programs.length === 0) throw new Error("a build report without programs");
  const built: BuiltProgram[] = [];
  for (const program of programs) built.push(await builtProgram(program, read));
  return {
    taken,
    linker,
    tests,
    programs: built,
    ...(Array.isArray(vet) ? { vet: vet.map(finding) } : {}),
  };
}

type ReadOutput = (said: string) => Promise<ToldByTools>;

async function builtProgram(told: unknown, read: ReadOutput): Promise<BuiltProgram> {
  if (!isObject(told)) throw new Error("a build report with something that is no program");
  const { package: path, dir, bytes, failed = false, complaint = "" } = told;
  if (typeof path !== "string" || typeof dir !== "string" || typeof bytes !== "number") throw new Error("a program without its facts");
  if (typeof failed !== "boolean" || typeof complaint !== "string") throw new Error("a failed program without its facts");
  return { package: path, directory: dir, bytes, ...(failed ? { unbuilt: await read(complaint) } : {}) };
}

function finding(told: unknown): Diagnostic {
  if (!isObject(told)) throw new Error("a build report with something that is no finding");
  const { file, line, column, message } = told;
  if (typeof file !== "string" || typeof message !== "string") throw new Error("a finding without its facts");
  const position = (value: unknown) => (typeof value === "number" && value > 0 ? value : undefined);
  const [row, at] = [position(line), position(column)];
  return {
    file: visible(file),
    ...(row === undefined ? {} : { line: row }),
    ...(at === undefined ? {} : { column: at }),
    message: visible(message),
  };
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
