/** Runs the compiled command line as its users do: another process, its output, its exit code. */

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { testCacheDirectory } from "@gorunner/testing";

const cli = fileURLToPath(new URL("../dist/cli.js", import.meta.url));

const cacheDir = testCacheDirectory;

export interface Invocation {
  /** The working directory. */
  directory: string;
  env?: Record<string, string>;
  stdin?: string;
}

export interface Ended {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

/** A child of this process; its environment is this one's, without what would configure Runner. */
export function start(args: string[], { directory, env = {}, stdin }: Invocation): ChildProcessWithoutNullStreams {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(RUNNER_|CONFIG_PATH$|APP_SECRET$)/.test(name));
  const child = spawn(process.execPath, [cli, ...args], {
    cwd: directory,
    env: { ...Object.fromEntries(inherited), RUNNER_EXECUTOR_CACHE_DIR: cacheDir, ...env },
  });
  child.stdin.end(stdin ?? "");
  return child;
}

export async function ended(child: ChildProcessWithoutNullStreams): Promise<Ended> {
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output.stderr += text));
  const [exitCode] = (await once(child, "close")) as [number | null];
  return { exitCode, ...output };
}

export const gorunner = (args: string[], invocation: Invocation) => ended(start(args, invocation));

/** Resolves with everything that a stream has said as soon as that matches. */
export function said(stream: NodeJS.ReadableStream, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    stream.setEncoding("utf8");
    stream.on("data", (more: string) => {
      text += more;
      if (pattern.test(text)) resolve(text);
    });
    stream.on("end", () => reject(new Error(`the stream ended without ${pattern}: ${text}`)));
  });
}
