/** Why did fetching modules end, and what came of it? */
import { type Diagnostic, internal, type Outcome } from "@gorunner/core";
import { cleanBuildOutput, parseDiagnostics } from "../build/diagnostics.js";
import type { FetchEnd } from "./fetch-sandbox.js";
import { type ModuleProxies, withoutProxies } from "./module-proxies.js";
import type { Resolution } from "./resolutions.js";

export interface FailedFetch {
  outcome: Extract<Outcome, "compile_error" | "fetch_error" | "fetch_timeout">;
  /** What is wrong, for people. */
  output: string;
  diagnostics: Diagnostic[];
  /** How much was written to the cache all the same; absent where nobody knows. */
  writtenBytes?: number;
}

export interface Fetched {
  outcome: "ok";
  resolution: Resolution;
  /** How much was written to the cache, at most. */
  writtenBytes: number;
}

/** The builder's exit codes (builder/main.go). */
const exitProgram = 1;
const exitFetch = 5;

/** @throws RunnerError INTERNAL when the phase failed for a reason of ours. */
export function fetchOutcomeOf({ result, stdout, stderr }: FetchEnd, proxies: ModuleProxies): FailedFetch | Fetched {
  const { end } = result;
  const failure = end?.failure ?? end?.unstartable;
  if (failure !== undefined) throw internal(`modules could not be fetched: ${failure}`);
  if (end?.killedFor === "timeout") return { outcome: "fetch_timeout", output: "", diagnostics: [] };
  if (result.memoryKills > 0 || end === undefined || end.killedFor !== undefined || end.signal !== 0) {
    return failed("fetch_error", "finding the modules of this program takes too much memory or output\n");
  }
  if (end.exitCode === 0) return resolved(stdout);
  const complaint = cleanBuildOutput(withoutProxies(stderr, proxies));
  if (end.exitCode === exitFetch) return { ...failed("fetch_error", complaint), writtenBytes: reportFrom(stdout).bytes };
  // The go.mod alone was looked at.
  if (end.exitCode === exitProgram) return { ...failed("compile_error", complaint), writtenBytes: 0 };
  throw internal("the builder failed while fetching modules", new Error(complaint.trim()));
}

const failed = (outcome: FailedFetch["outcome"], output: string): FailedFetch => ({
  outcome,
  output,
  diagnostics: parseDiagnostics(output),
});

function resolved(stdout: string): Fetched {
  const { mod, sum, std, bytes } = reportFrom(stdout);
  return { outcome: "ok", resolution: { mod: Buffer.from(mod, "base64"), sum: Buffer.from(sum, "base64"), std }, writtenBytes: bytes };
}

/** @throws RunnerError INTERNAL for anything but a report: it comes out of a sandbox. */
function reportFrom(text: string): { mod: string; sum: string; std: string[]; bytes: number } {
  try {
    const { mod = "", sum = "", std = [], bytes } = JSON.parse(text) as Record<"mod" | "sum" | "std" | "bytes", unknown>;
    if (!Array.isArray(std) || !std.every((name) => typeof name === "string")) throw new Error("names that are none");
    if (typeof mod !== "string" || typeof sum !== "string" || typeof bytes !== "number" || !(bytes >= 0)) {
      throw new Error("a report without its facts");
    }
    return { mod, sum, std, bytes };
  } catch (error) {
    throw internal("the builder did not say what it has fetched", error);
  }
}
