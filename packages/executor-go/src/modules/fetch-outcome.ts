/** Why did fetching modules end, and what came of it? */
import { type Diagnostic, internal, type Outcome, size, type Turns } from "@gorunner/core";
import { readBuildOutput } from "../build/read-build-output.js";
import { forwardReasons, reasonIn, reasonText } from "./fetch-reasons.js";
import { type FetchProblem, readFetchReport } from "./fetch-report.js";
import type { FetchEnd, FetchLimits } from "./fetch-sandbox.js";
import type { Refused } from "./forward-session.js";
import type { Resolution } from "./resolutions.js";
import type { TreeSize } from "./tree.js";

export interface FailedFetch {
  outcome: Extract<Outcome, "compile_error" | "fetch_error" | "fetch_timeout">;
  /** What is wrong, for people. */
  output: string;
  diagnostics: Diagnostic[];
  /** What the go command said of it, for operators alone. */
  details?: string[];
}

export interface Fetched {
  outcome: "ok";
  resolution: Resolution;
  /** What is in the staging area; nothing where all was in the cache. */
  staged: TreeSize;
}

/** A caller can have as many lines of the log as failed fetches. */
const maxDetails = 5;
const maxDetailLength = 1000;

/** The builder's exit codes (builder/main.go). */
const exitProgram = 1;
const exitFetch = 5;

export interface FetchFacts {
  limits: FetchLimits;
  /** What the forwarder did not forward. */
  refused: readonly Refused[];
  turns: Turns;
}

/** @throws RunnerError INTERNAL when the phase failed for a reason of ours. */
export async function fetchOutcomeOf(
  { result, stdout, stderr }: FetchEnd,
  { limits, refused, turns }: FetchFacts,
): Promise<FailedFetch | Fetched> {
  const { end } = result;
  const failure = end?.failure ?? end?.unstartable;
  if (failure !== undefined) throw internal(`modules could not be fetched: ${failure}`);
  if (end?.killedFor === "timeout") return { outcome: "fetch_timeout", output: "", diagnostics: [] };
  if (result.memoryKills > 0 || end === undefined || end.killedFor !== undefined || end.signal !== 0) {
    return failed("fetch_error", "finding the modules of this program takes too much memory or output\n", turns);
  }
  if (end.exitCode === 0) {
    const { mod, sum, std, bytes, entries } = readFetchReport(stdout);
    return { outcome: "ok", resolution: { mod, sum, std }, staged: { bytes, entries } };
  }
  if (end.exitCode === exitFetch) return refusal(stdout, { limits, refused, turns });
  // The go.mod alone was looked at.
  if (end.exitCode === exitProgram) return failed("compile_error", stderr, turns);
  throw internal("the builder failed while fetching modules", new Error(stderr.trim()));
}

/** @param said the tools' words or ours, with what they quote of the program. */
const failed = async (outcome: FailedFetch["outcome"], said: string, turns: Turns): Promise<FailedFetch> => ({
  outcome,
  ...(await readBuildOutput(said, turns)),
});

async function refusal(stdout: string, { limits, refused, turns }: FetchFacts): Promise<FailedFetch> {
  const { maxBytes, maxEntries } = limits;
  const { exceeded, problems } = readFetchReport(stdout);
  const above = {
    bytes: `the modules that this program needs are too large: above ${size(maxBytes)}\n`,
    entries: `the modules that this program needs have too many files: above ${maxEntries}\n`,
  };
  if (exceeded !== undefined) return failed("fetch_error", above[exceeded], turns);
  const lines = new Set(problems.map((problem) => lineOf(problem, refused)));
  const details = problems.slice(0, maxDetails).map(({ text }) => text.slice(0, maxDetailLength));
  return { ...(await failed("fetch_error", `${[...lines].join("\n")}\n`, turns)), details };
}

/** The program's own words for what is missing, and ours for why. */
function lineOf({ place, subject, text }: FetchProblem, refused: readonly Refused[]): string {
  const what = subject ?? "a module that this program needs";
  return `${place === undefined ? "" : `${place}: `}${what}: ${reasonText(reasonOf(text, refused))}`;
}

/** An answer that the forwarder broke off looks to the go command like any that ended too early. */
function reasonOf(text: string, refused: readonly Refused[]) {
  const isBroken = text.includes("unexpected EOF") || text.includes("connection reset");
  const broken = isBroken ? refused.find(({ reason }) => reason in forwardReasons && reason !== "not_found") : undefined;
  return broken?.reason ?? reasonIn(text);
}
