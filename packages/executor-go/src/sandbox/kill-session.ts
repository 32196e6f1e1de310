/** Ends processes of the host's that no parent of ours can reap: by what they have in common, until none is left. */
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

/** Between two passes. A killed process takes some milliseconds to go. */
const pauseMs = 10;

/**
 * Ends what a process has left that was the first of its session, and resolves when nothing of it lives.
 * The session's number is given to no other process as long as one of the session is left (credentials(7)).
 */
export const killSession = (leader: number): Promise<void> => killUntilNone((pid) => sessionOf(pid) === leader);

/** Ends the processes that are called so: their `argv[0]`. */
export const killTitled = (title: string): Promise<void> =>
  killUntilNone((pid) => readOf(pid, "cmdline")?.split("\0", 1)[0] === title && !isDead(pid));

/** One pass is not enough: a process that is starting another is seen before the other is there. */
async function killUntilNone(isMeant: (pid: string) => boolean): Promise<void> {
  while (killOnce(isMeant)) await delay(pauseMs);
}

/** @returns whether there may be more. */
function killOnce(isMeant: (pid: string) => boolean): boolean {
  try {
    const meant = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && isMeant(name));
    // Not `some`: all of them are to be killed.
    return meant.filter((pid) => killIfOurs(Number(pid))).length > 0;
  } catch (error) {
    // Without descriptors or memory we can't look; the host gives some back one day.
    if (error instanceof Error && "code" in error && shortages.has(String(error.code))) return true;
    throw error;
  }
}

const shortages = new Set(["EMFILE", "ENFILE", "ENOMEM"]);

/** The sixth field of proc_pid_stat(5), counted behind the name, in which anything may stand; undefined for a dead one. */
function sessionOf(pid: string): number | undefined {
  const [state, , , session] = statOf(pid);
  return state === undefined || isOver(state) ? undefined : Number(session);
}

function isDead(pid: string): boolean {
  const [state] = statOf(pid);
  return state === undefined || isOver(state);
}

/** A zombie waits for its parent to look, or for a pid 1 that may reap nobody. */
const isOver = (state: string) => "ZX".includes(state);

function statOf(pid: string): string[] {
  const stat = readOf(pid, "stat");
  return stat === undefined ? [] : stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

/** Undefined for a process that has gone. */
function readOf(pid: string, name: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "latin1");
  } catch (error) {
    if (isOneOf(error, ["ENOENT", "ESRCH"])) return undefined;
    throw error;
  }
}

/** @returns whether it was there, and ours to kill. */
function killIfOurs(pid: number): boolean {
  try {
    process.kill(pid, "SIGKILL");
    return true;
  } catch (error) {
    if (!isOneOf(error, ["ESRCH", "EPERM"])) throw error;
    return false;
  }
}

const isOneOf = (error: unknown, codes: string[]) => error instanceof Error && "code" in error && codes.includes(String(error.code));
