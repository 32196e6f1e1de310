/** Ends what a process has left that was the first of its session. */
import { readdirSync, readFileSync } from "node:fs";

/** Its number is given to no other process as long as one of the session is left (credentials(7)). */
export function killSession(leader: number): void {
  for (const name of readdirSync("/proc")) {
    if (/^\d+$/.test(name) && sessionOf(name) === leader) killIfThere(Number(name));
  }
}

/** The sixth field of proc_pid_stat(5), counted behind the name, in which anything may stand; undefined for one that has gone. */
function sessionOf(pid: string): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[3]);
  } catch (error) {
    if (hasGone(error)) return undefined;
    throw error;
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (!hasGone(error)) throw error;
  }
}

const hasGone = (error: unknown) => error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH");
