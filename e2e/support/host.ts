/** What runs on this host, as far as sandboxes go. */
import { readdir, readFile } from "node:fs/promises";

/** The processes inside sandboxes and around them, by their command lines. */
export async function sandboxProcesses(): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const commands = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "latin1").catch(goneMeanwhile)));
  return commands
    .map((command) => command.replaceAll("\0", " ").trim())
    .filter((command) => /^(\S*bwrap|\/supervisor|\/app\/prog)( |$)/.test(command));
}

function goneMeanwhile(error: NodeJS.ErrnoException): string {
  if (error.code === "ENOENT" || error.code === "ESRCH") return "";
  throw error;
}

/** Retries `assertion` until it holds; the last failure is thrown after `withinMs`. */
export async function eventually(assertion: () => Promise<void> | void, withinMs = 20_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      return await assertion();
    } catch (failure) {
      if (performance.now() > deadline) throw failure;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
