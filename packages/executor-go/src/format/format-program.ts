/** Lays out source in a build sandbox. */
import { type CancelSignal, type FormatRequest, type Formatted, internal, type Limits, type SourceFile, type Turns } from "@gorunner/core";
import { buildDiskBytes, buildMemoryBytes, buildProcesses, countedBuildMemory, maxToolOutputBytes } from "../build/build-limits.js";
import type { BuildSandbox } from "../build/build-sandbox.js";
import { builderRequest } from "../build/builder-process.js";
import { asInside, sourceDirectory } from "../build/diagnostics.js";
import { readBuildOutput } from "../build/read-build-output.js";
import { hasOwnTmp } from "../sandbox/tier.js";
import { buildOutcomeOf } from "../verdict/build-outcome.js";

export interface FormatWork {
  request: FormatRequest;
  limits: Limits;
  /** The largest source that there can be, in bytes. */
  sourceBytes: number;
  signal?: CancelSignal;
}

/** Base64 and JSON make it larger, and so do tabs where somebody has indented by one space. */
const growth = 4;

export async function formatProgram({ sandbox, exactMemory }: BuildSandbox, work: FormatWork, turns: Turns): Promise<Formatted> {
  const { request, limits, signal } = work;
  const said = { o: [] as Buffer[], e: [] as Buffer[] };
  const result = await sandbox.run({
    limits: { memoryBytes: buildMemoryBytes, processes: buildProcesses },
    job: {
      directory: sandbox.locate(sourceDirectory),
      files: request.files,
      stdin: builderRequest("format", sandbox.locate, { imports: request.fixImports ?? false }),
      timeoutMs: limits.buildTimeoutMs,
      ...(hasOwnTmp(sandbox.locate) ? { diskBytes: buildDiskBytes } : {}),
      ...countedBuildMemory(exactMemory),
      outputBytes: work.sourceBytes * growth + maxToolOutputBytes,
    },
    onOutput: ({ kind, payload }) => {
      if (kind === "o" || kind === "e") said[kind].push(payload);
    },
    ...(signal === undefined ? {} : { signal }),
  });
  const complaint = await readBuildOutput(asInside(Buffer.concat(said.e).toString("utf8"), sandbox.locate), turns);
  const { outcome } = buildOutcomeOf(result, { output: complaint.output, exactMemory, isWhole: true });
  if (outcome !== "ok") {
    return { outcome, files: request.files, diagnostics: outcome === "compile_error" ? complaint.diagnostics : [] };
  }
  return { outcome, files: changedFiles(request.files, Buffer.concat(said.o).toString("utf8")), diagnostics: [] };
}

/** @throws RunnerError INTERNAL for anything but a report: it comes out of a sandbox. */
function changedFiles(files: SourceFile[], report: string): SourceFile[] {
  const contents = new Map<string, Uint8Array>();
  try {
    for (const { path, content } of JSON.parse(report) as { path: unknown; content: unknown }[]) {
      if (typeof path !== "string" || typeof content !== "string") throw new Error("a file without its name or content");
      contents.set(path, Buffer.from(content, "base64"));
    }
  } catch (error) {
    throw internal("the builder did not say what it has formatted", error);
  }
  return files.map((file) => ({ path: file.path, content: contents.get(file.path) ?? file.content }));
}
