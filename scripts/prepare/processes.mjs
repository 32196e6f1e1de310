/** Runs the tools of the preparation, and ends them when the preparation is told to end. */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { PreparationError } from "./console.mjs";

/** How long a tool may take to end after SIGTERM, in milliseconds. */
const graceMs = 5000;
/** How much of a tool's output is kept for its error report, in characters. */
const keptCharacters = 1_000_000;

/** @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();
/** @type {NodeJS.Signals | undefined} */
let interruptedBy;

/** From now on a signal ends the tool that runs and makes every further call of {@link run} fail. */
export function heedSignals() {
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
    process.on(signal, () => {
      if (interruptedBy !== undefined) return;
      interruptedBy = signal;
      for (const child of running) endGroup(child);
    });
  }
}

/** @throws {PreparationError} when a signal has come. */
export function throwIfInterrupted() {
  if (interruptedBy === undefined) return;
  throw new PreparationError(`interrupted by ${interruptedBy}; nothing was started`, 128 + constants.signals[interruptedBy]);
}

/**
 * Runs a program to its end, in a process group of its own (so that what it started ends with it) and without input.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv; note?: (pids: number[]) => Promise<void> }} [options] `note` is told who runs
 * @returns {Promise<{ ok: boolean; output: string; stdout: string }>} `output` is stdout and stderr together
 */
export async function run(command, args, options = {}) {
  throwIfInterrupted();
  const child = spawn(command, args, {
    env: options.env ?? process.env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  let output = "";
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    stdout = (stdout + text).slice(-keptCharacters);
    output = (output + text).slice(-keptCharacters);
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    output = (output + text).slice(-keptCharacters);
  });
  const ended = new Promise((resolve) => {
    child.on("error", (error) => {
      output += error.message;
      resolve(false);
    });
    child.on("close", (code) => resolve(code === 0));
  });
  try {
    if (child.pid !== undefined) await options.note?.([child.pid]);
    const ok = await ended;
    throwIfInterrupted();
    return { ok, output, stdout };
  } finally {
    running.delete(child);
  }
}

/** @param {import("node:child_process").ChildProcess} child */
function endGroup(child) {
  signalGroup(child, "SIGTERM");
  const impatience = setTimeout(() => signalGroup(child, "SIGKILL"), graceMs);
  child.once("close", () => clearTimeout(impatience));
}

/** @param {import("node:child_process").ChildProcess} child @param {NodeJS.Signals} signal */
function signalGroup(child, signal) {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    // The group has ended by itself in the meantime.
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "ESRCH") throw error;
  }
}
