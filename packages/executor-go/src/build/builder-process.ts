/** Our program that drives the toolchain in a build sandbox (../../builder): how it is started, and what it is asked. */
import type { JobProcess } from "../sandbox/job.js";
import { hasOwnTmp, type Locate } from "../sandbox/tier.js";
import { mountedModules } from "../toolchain/import-config.js";
import { buildMemoryBytes, buildProcesses, maxBinaryBytes } from "./build-limits.js";
import { sourceDirectory } from "./diagnostics.js";
import { toolEnvironment } from "./tool-environment.js";

/** Where our own linker is mounted. */
export const mountedLinker = "/linker";

/** What it loads: what most programs import. What a program does not use costs its link next to nothing. */
const loadedAhead = [
  ...["runtime", "fmt", "bufio", "bytes", "context", "errors", "io", "maps", "math", "math/rand", "os"],
  ...["slices", "sort", "strconv", "strings", "sync", "sync/atomic", "time", "unicode"],
];

export interface BuilderProcess {
  /** Whether our own linker is mounted, and whether it is to load packages ahead. */
  linker: "none" | "own" | "preloaded";
  /** Whether a module cache is mounted. */
  modules: boolean;
  /** Whether a control group limits memory exactly. */
  exactMemory: boolean;
  locate: Locate;
}

/** Started ahead: it waits for its request. */
export function builderProcess({ linker, modules, exactMemory, locate }: BuilderProcess): JobProcess {
  return {
    argv: [
      locate("/builder"),
      ...(linker === "none" ? [] : [locate(mountedLinker)]),
      ...(linker === "preloaded" ? [loadedAhead.join(",")] : []),
    ],
    env: { ...toolEnvironment(locate), ...(modules ? { GOMODCACHE: locate(mountedModules) } : {}) },
    rlimits: {
      ...(exactMemory ? {} : { dataBytes: buildMemoryBytes }),
      // Where its files can't be measured, each has a limit.
      ...(hasOwnTmp(locate) ? {} : { fileBytes: maxBinaryBytes }),
      ...{ openFiles: 1024, processes: buildProcesses },
    },
  };
}

/** What it reads from its stdin (builder/main.go). */
export function builderRequest(command: "build" | "fetch" | "format", locate: Locate, request: object): Uint8Array {
  return Buffer.from(JSON.stringify({ command, directory: locate(sourceDirectory), ...request }));
}
