/** Runs mocha as a process of its own, with the reporter that counts. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

/**
 * Resolves to its counts, and to its output unless that was shown as it came.
 * @param {string[]} args
 * @param {{ countsFile: string; isShown: boolean; env: NodeJS.ProcessEnv; started: (mocha: import("node:child_process").ChildProcess) => void }} options
 * @returns {Promise<{ passed: number; failed: number; output: Buffer }>}
 */
export function runMocha(args, { countsFile, isShown, env, started }) {
  const reporter = ["--reporter", "scripts/reporter.cjs", ...(process.stdout.isTTY ? ["--color"] : [])];
  const mocha = spawn(process.execPath, ["node_modules/mocha/bin/mocha.js", ...reporter, ...args], {
    stdio: isShown ? "inherit" : ["ignore", "pipe", "pipe"],
    env: { ...env, GORUNNER_TEST_COUNTS: countsFile },
  });
  started(mocha);
  /** @type {Buffer[]} */
  const output = [];
  for (const stream of [mocha.stdout, mocha.stderr]) stream?.on("data", (chunk) => output.push(chunk));
  return new Promise((resolve) => {
    const end = (/** @type {boolean} */ successful) => resolve({ ...counts(countsFile, successful), output: Buffer.concat(output) });
    mocha.on("error", (error) => {
      console.error(error.message);
      end(false);
    });
    mocha.on("close", (code) => end(code === 0));
  });
}

/** What the reporter left. @param {string} countsFile @param {boolean} successful @returns {{ passed: number; failed: number }} */
function counts(countsFile, successful) {
  let told = { passed: 0, failed: 0 };
  try {
    told = JSON.parse(readFileSync(countsFile, "utf8"));
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "ENOENT") throw error;
  }
  return successful || told.failed > 0 ? told : { passed: told.passed, failed: 1 };
}
