/** Our program that drives the toolchain in a build sandbox (../../builder): how it is started, and what it is asked. */
import type { JobProcess } from "../sandbox/job.js";
import { mountedModules } from "../toolchain/import-config.js";
import { buildMemoryBytes, buildProcesses } from "./build-limits.js";
import { sourceDirectory } from "./diagnostics.js";
import { toolEnvironment } from "./tool-environment.js";

/** Where the linker is mounted that loads packages ahead. */
export const mountedLinker = "/linker";

/** What it loads: what most programs import. What a program does not use costs its link next to nothing. */
const loadedAhead = [
  ...["runtime", "fmt", "bufio", "bytes", "context", "errors", "io", "maps", "math", "math/rand", "os"],
  ...["slices", "sort", "strconv", "strings", "sync", "sync/atomic", "time", "unicode"],
];

export interface BuilderProcess {
  /** Whether a linker is mounted that it is to start ahead. */
  linker: boolean;
  /** Whether a module cache is mounted. */
  modules: boolean;
  /** Whether a control group limits memory exactly. */
  exactMemory: boolean;
}

/** Started ahead: it waits for its request. */
export function builderProcess({ linker, modules, exactMemory }: BuilderProcess): JobProcess {
  return {
    argv: ["/builder", ...(linker ? [mountedLinker, loadedAhead.join(",")] : [])],
    env: { ...toolEnvironment, ...(modules ? { GOMODCACHE: mountedModules } : {}) },
    rlimits: {
      ...(exactMemory ? {} : { dataBytes: buildMemoryBytes }),
      ...{ openFiles: 1024, processes: buildProcesses },
    },
  };
}

/** What it reads from its stdin (builder/main.go). */
export function builderRequest(command: "build" | "fetch" | "format", request: object): Uint8Array {
  return Buffer.from(JSON.stringify({ command, directory: sourceDirectory, ...request }));
}
