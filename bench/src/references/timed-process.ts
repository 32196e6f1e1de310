/** A process as a user waits for it: from its start to its end, its output read. */
import { spawn } from "node:child_process";

export interface Command {
  argv: readonly [string, ...string[]];
  directory: string;
  env: NodeJS.ProcessEnv;
}

/** @returns its stdout. @throws Error with its stderr when it fails. */
export async function outputOf({ argv: [program, ...args], directory, env }: Command): Promise<string> {
  const child = spawn(program, args, { cwd: directory, env, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} failed: ${stderr.trim()}`);
  return stdout;
}
