/** From source files to a binary, inside a sandbox of its own. */
import { type FileHandle, open } from "node:fs/promises";
import type { CancelSignal, Diagnostic, ExecutionRequest, Limits } from "@gorunner/core";
import { runInSandbox, type SandboxHost, type SandboxStart } from "../sandbox/sandbox.js";
import type { Toolchain } from "../toolchain/find-toolchain.js";
import { buildSettings } from "../toolchain/go-command.js";
import { type BuildOutcome, buildOutcomeOf } from "../verdict/build-outcome.js";
import { cleanBuildOutput, parseDiagnostics, sourceDirectory } from "./diagnostics.js";

export interface BuildRequest {
  host: SandboxHost;
  toolchain: Toolchain;
  /** The compiled standard library (a GOCACHE), mounted read-only. */
  buildCache: string;
  files: ExecutionRequest["files"];
  limits: Limits;
  uid?: number;
  /** Where the binary goes; created by the build, and there whether it succeeds or not. */
  binary: string;
  signal?: CancelSignal;
}

export interface BuildResult {
  outcome: BuildOutcome;
  /** Whether the outcome is a well-founded guess. */
  inferred: boolean;
  /** What the toolchain said, cleaned. */
  output: string;
  diagnostics: Diagnostic[];
  buildMs: number;
}

/** What the compiler and the linker need for ordinary programs, with room to spare; a hostile constant asks for 4 GB. */
const buildMemoryBytes = 1024 * 1024 * 1024;
const buildTmpBytes = 512 * 1024 * 1024;
const maxBinaryBytes = 256 * 1024 * 1024;
const maxBuildOutputBytes = 256 * 1024;
const buildProcesses = 256;

const goroot = "/usr/local/go";
const artifact = "/tmp/prog";

export async function buildProgram(request: BuildRequest): Promise<BuildResult> {
  const binary = await open(request.binary, "wx", 0o755);
  try {
    return await buildInto(binary, request);
  } finally {
    // Also what lets the kernel execute it: a file that is open for writing is busy (execve(2), ETXTBSY).
    await binary.close();
  }
}

async function buildInto(binary: FileHandle, request: BuildRequest): Promise<BuildResult> {
  const start = performance.now();
  const output: Buffer[] = [];
  const { signal } = request;
  const result = await runInSandbox(sandboxFor(request, binary), {
    limits: { memoryBytes: buildMemoryBytes, processes: buildProcesses },
    job: {
      directory: sourceDirectory,
      files: request.files,
      argv: [
        `${goroot}/bin/go`,
        "build",
        "-trimpath",
        "-buildvcs=false",
        "-buildmode=exe",
        "-ldflags=-s -w",
        "-o",
        artifact,
        ...request.files.map(({ path }) => path),
      ],
      env: buildEnvironment,
      timeoutMs: request.limits.buildTimeoutMs,
      outputBytes: maxBuildOutputBytes,
      rlimits: {
        ...(request.host.cgroups === undefined ? { dataBytes: buildMemoryBytes } : {}),
        fileBytes: maxBinaryBytes,
        openFiles: 1024,
        processes: buildProcesses,
      },
      artifact,
    },
    onOutput: ({ payload }) => void output.push(payload),
    ...(signal === undefined ? {} : { signal }),
  });
  const text = cleanBuildOutput(Buffer.concat(output).toString("utf8"));
  const { outcome, inferred } = buildOutcomeOf(result, text);
  return {
    outcome,
    inferred,
    output: text,
    diagnostics: outcome === "compile_error" ? parseDiagnostics(text) : [],
    buildMs: performance.now() - start,
  };
}

function sandboxFor(request: BuildRequest, binary: FileHandle): SandboxStart {
  const { host, toolchain, buildCache, uid } = request;
  return {
    host,
    layout: {
      tmpBytes: buildTmpBytes,
      readOnly: [
        { from: toolchain.goroot, to: goroot },
        { from: buildCache, to: "/gocache" },
      ],
    },
    artifactFd: binary.fd,
    ...(uid === undefined ? {} : { uid }),
  };
}

const buildEnvironment: Record<string, string> = {
  ...buildSettings,
  GOROOT: goroot,
  GOCACHE: "/gocache",
  GOPATH: "/tmp/gopath",
  GOTMPDIR: "/tmp",
  HOME: "/tmp",
  PATH: `${goroot}/bin`,
  // The module index is kept in GOCACHE, where nothing can be added; without it go reads the directories themselves.
  GODEBUG: "goindex=0",
  // No collection for programs of ordinary size; 300 MiB instead of 860 for one with 4,000 functions.
  GOGC: "off",
  GOMEMLIMIT: "256MiB",
};
