/** Runs the toolchain outside the sandbox: on the standard library and on our own supervisor, never on a user's code. */
import { spawn } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { setPriority, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { unavailable } from "@gorunner/core";
import type { Toolchain } from "./find-toolchain.js";
import { makeTemporary } from "./temporary.js";

export interface GoCommand {
  toolchain: Toolchain;
  args: string[];
  /** Where build results are kept (GOCACHE). */
  buildCache: string;
  cwd: string;
  /** Yields the processor to requests. */
  background?: boolean;
  signal?: AbortSignal;
  /** Told each line that the command writes to stderr. */
  onLine?: (line: string) => void;
  /** Where the command's answer comes; `go build -n` writes its plan to stderr. */
  answer?: "stdout" | "stderr";
}

/** The settings under which the standard library is built, in and outside the sandbox: where they differ, nothing is reused. */
export const buildSettings = {
  CGO_ENABLED: "0",
  GOENV: "off",
  GOTOOLCHAIN: "local",
  GOFLAGS: "",
  GOVCS: "*:off",
  GONOSUMDB: "",
  GOPROXY: "off",
  GOTELEMETRY: "off",
} as const;

/** The lowest priority: the process runs when nothing else wants to (nice(2)). */
const lowestPriority = 19;
/** What of the toolchain's stderr is kept: errors are short, a build's plan is not. */
const maxStderrBytes = 256 * 1024;

/**
 * @throws RunnerError UNAVAILABLE with what the toolchain said, when it fails or is stopped by `signal`.
 *   It has then ended, and its temporary files are gone: interrupted, go itself leaves them.
 */
export async function runGo(command: GoCommand): Promise<string> {
  const temporary = await makeTemporary(tmpdir());
  try {
    await preventTrimming(command.buildCache);
    return await runGoWith(temporary, command);
  } finally {
    await rm(temporary, { recursive: true, force: true, maxRetries: 5 });
  }
}

/**
 * Once a day go removes from its cache what no go command has used for five days (cmd/go/internal/cache): the compiled
 * standard library as well, which is in use in sandboxes, where it can't see that. It looks here for when it last did.
 */
async function preventTrimming(buildCache: string): Promise<void> {
  await mkdir(buildCache, { recursive: true, mode: 0o755 });
  await writeFile(join(buildCache, "trim.txt"), `${Math.floor(Date.now() / 1000)}`);
}

async function runGoWith(temporary: string, command: GoCommand): Promise<string> {
  const { toolchain, args, buildCache, cwd, signal } = command;
  signal?.throwIfAborted();
  const child = spawn(toolchain.goBinary, args, {
    cwd,
    env: {
      ...buildSettings,
      GOROOT: toolchain.goroot,
      GOCACHE: buildCache,
      GOPATH: join(temporary, "gopath"),
      GOTMPDIR: temporary,
      // No HOME: what go counts there of itself (telemetry) came back after it had been removed.
      PATH: "/usr/bin:/bin",
    },
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own: the compilers that it starts are stopped with it.
    detached: true,
  });
  const { pid } = child;
  if (command.background && pid !== undefined) setPriority(pid, lowestPriority);
  const onAbort = () => pid !== undefined && process.kill(-pid, "SIGINT");
  signal?.addEventListener("abort", onAbort);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(0, maxStderrBytes);
  });
  if (command.onLine !== undefined) createInterface({ input: child.stderr }).on("line", command.onLine);
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    if (code !== 0) throw unavailable(`go ${args[0]} failed: ${stderr.trim() || "no reason given"}`);
    return command.answer === "stderr" ? stderr : stdout;
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}
