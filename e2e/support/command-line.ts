/** The command line `gorunner` as its users run it: a process of its own, bytes in, bytes out, an exit code. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cacheDir, cli } from "./gorunner.js";

export interface Invocation {
  /** The working directory. */
  directory: string;
  env?: Record<string, string>;
  stdin?: string | Uint8Array;
}

export interface Ended {
  /** The exit code, or the signal that ended it. */
  exit: number | NodeJS.Signals;
  stdout: Buffer;
  stderr: string;
}

/** Starts it with nothing of this process's environment that would configure it. */
export function startCli(args: readonly string[], { directory, env = {}, stdin = "" }: Invocation): ChildProcessWithoutNullStreams {
  const child = spawn(process.execPath, [cli, ...args], {
    cwd: directory,
    env: { PATH: process.env["PATH"], HOME: directory, RUNNER_EXECUTOR_CACHE_DIR: cacheDir, ...env },
  });
  child.stdin.end(stdin);
  return child;
}

export async function endOf(child: ChildProcessWithoutNullStreams): Promise<Ended> {
  const stdout: Buffer[] = [];
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const exit = await new Promise<number | NodeJS.Signals>((resolve) =>
    child.once("close", (code, signal) => resolve(code ?? signal ?? -1)),
  );
  return { exit, stdout: Buffer.concat(stdout), stderr };
}

export const runCli = (args: readonly string[], invocation: Invocation) => endOf(startCli(args, invocation));

/** What the program or the command itself said, without the news of a machine's first run. */
export const withoutProgress = (stderr: string) => stderr.replace(/^gorunner: (preparing|proving|compiling) .*\n/gm, "");

/** A directory for each test, removed after it. */
export function directoryPerTest(): () => string {
  let directory = "";
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "gorunner-e2e-"));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));
  return () => directory;
}
