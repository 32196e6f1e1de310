/** From source files to binaries, in a build sandbox. */
import { type CancelSignal, type Diagnostic, type ExecutionRequest, internal, type Limits, type Turns } from "@gorunner/core";
import type { Job } from "../sandbox/job.js";
import { hasOwnTmp, type Locate } from "../sandbox/tier.js";
import { type BuildOutcome, buildOutcomeOf } from "../verdict/build-outcome.js";
import {
  buildDiskBytes,
  buildMemoryBytes,
  buildProcesses,
  countedBuildMemory,
  maxBinaryBytes,
  maxToolOutputBytes,
} from "./build-limits.js";
import { type BuildReport, parseBuildReport } from "./build-report.js";
import type { BuildSandbox } from "./build-sandbox.js";
import { builderRequest } from "./builder-process.js";
import { asInside, sourceDirectory } from "./diagnostics.js";
import { readBuildOutput, type ToldByTools } from "./read-build-output.js";

/** `direct`: the compiler and the linker alone; `go`: `go build`; `auto`: direct for what it covers exactly. */
export type BuildPath = "auto" | "direct" | "go";

/** What of a request decides what is built. */
export type Source = Pick<ExecutionRequest, "files" | "mode" | "clock" | "vet">;

export interface BuildRequest {
  source: Source;
  limits: Limits;
  path: BuildPath;
  /** How many processors it may keep busy. */
  processors: number;
  /** The toolchain's language version, as in a go.mod: `1.26`; absent where it has no number. */
  language: string | undefined;
  /** What there is of modules from elsewhere: none may be used, they can be fetched, or they are there. */
  modules: "off" | "on" | "fetched";
  turns: Turns;
  signal?: CancelSignal;
}

export interface FailedBuild {
  outcome: Exclude<BuildOutcome, "ok">;
  /** Whether the outcome is a well-founded guess. */
  inferred: boolean;
  /** What the toolchain said about the program, cleaned; empty where it was no compile error. */
  output: string;
  diagnostics: Diagnostic[];
}

/** The program can be built once the modules that it needs are there. */
export interface NeedsModules {
  outcome: "needs_modules";
}

export type BuildResult = FailedBuild | NeedsModules | { outcome: "ok"; report: BuildReport };

/** The builder's exit code for a program whose modules have to be fetched first (builder/main.go). */
const exitNeedsModules = 4;

export async function buildProgram(build: BuildSandbox, request: BuildRequest): Promise<BuildResult> {
  const { locate } = build.sandbox;
  const said = { o: [] as Buffer[], e: [] as Buffer[] };
  const result = await build.sandbox.run({
    limits: { memoryBytes: buildMemoryBytes, processes: buildProcesses },
    job: { ...jobFor(request, locate), ...countedBuildMemory(build.exactMemory) },
    onOutput: ({ kind, payload }) => {
      if (kind === "o" || kind === "e") said[kind].push(payload);
    },
    ...(request.signal === undefined ? {} : { signal: request.signal }),
  });
  const { end } = result;
  if (end?.exitCode === exitNeedsModules && end.killedFor === undefined) return { outcome: "needs_modules" };
  const read = (text: string) => readBuildOutput(asInside(text, locate), request.turns);
  const complaint = await read(Buffer.concat(said.e).toString("utf8"));
  const hasSucceeded = end?.exitCode === 0 && end.signal === 0 && end.killedFor === undefined;
  const report = hasSucceeded ? await reportFrom(Buffer.concat(said.o).toString("utf8"), read) : undefined;
  const isWhole = report?.programs.every(({ unbuilt }) => unbuilt === undefined) ?? true;
  const { outcome, inferred } = buildOutcomeOf(result, { output: complaint.output, exactMemory: build.exactMemory, isWhole });
  if (outcome === "ok") {
    if (report === undefined) throw internal("the builder did not say what it has built");
    return { outcome, report };
  }
  // Of a build that hit a limit, the tools' last words are about themselves.
  return { outcome, inferred, ...(outcome === "compile_error" ? complaint : { output: "", diagnostics: [] }) };
}

async function reportFrom(text: string, read: (said: string) => Promise<ToldByTools>): Promise<BuildReport> {
  try {
    return await parseBuildReport(text, read);
  } catch (error) {
    throw internal("the builder did not say what it has built", error);
  }
}

function jobFor({ source, limits, path, processors, language, modules }: BuildRequest, locate: Locate): Job {
  const { mode, clock, vet = false } = source;
  return {
    directory: locate(sourceDirectory),
    files: source.files,
    stdin: builderRequest("build", locate, { processors, path, modules, mode, clock, vet, language: language ?? "" }),
    timeoutMs: limits.buildTimeoutMs,
    outputBytes: maxToolOutputBytes,
    ...(hasOwnTmp(locate) ? { diskBytes: buildDiskBytes } : {}),
    artifact: { path: locate("/tmp/prog"), maxBytes: maxBinaryBytes },
  };
}
