/**
 * npm test: the checks, then every test. The last line is `N passed, N failed`, where a check that fails, or a mocha
 * that ends badly without saying why, counts as one failure.
 */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { runChecks } from "./checks.mjs";
import { findGo } from "./prepare/go.mjs";

/** Every test there is; arguments that name test files take their place. */
const allTests = ["packages/*", "testing", "examples/*", "scripts", "bench", "e2e"].map((place) => `${place}/test/**/*.spec.ts`);
const mochaArguments = process.argv.slice(2);
// Outside the workspace: e2e/test/packed.spec.ts runs it.
mochaArguments.push("--ignore", "examples/jsonl-adapter/**");
if (!mochaArguments.some((argument) => argument.endsWith(".spec.ts"))) mochaArguments.push(...allTests);

const directory = mkdtempSync(join(tmpdir(), "gorunner-test-"));
const countsFile = join(directory, "counts.json");
/** Holds a file for each process that still cleans up after the tests: containers, and the Docker that was started. */
const keepers = join(directory, "keepers");
mkdirSync(keepers);
/** How long they may take, in milliseconds. */
const cleaningMs = 60_000;
// The Node and the Go that were found are those that the tests start.
const path = [dirname(process.execPath), process.env["PATH"] ?? "", await findGo()].join(delimiter);

const failedChecks = runChecks();
const ended = await runMocha();
await everythingIsCleaned();
const { passed, failed } = counts(ended);
rmSync(directory, { recursive: true, force: true });
console.log(`\n${passed} passed, ${failed + failedChecks} failed`);
process.exitCode = failed + failedChecks === 0 ? 0 : 1;

/** @returns {Promise<boolean>} whether mocha called it a success */
function runMocha() {
  const reporter = ["--reporter", "scripts/reporter.cjs"];
  const mocha = spawn(process.execPath, ["node_modules/mocha/bin/mocha.js", ...reporter, ...mochaArguments], {
    stdio: "inherit",
    env: { ...process.env, PATH: path, GORUNNER_TEST_COUNTS: countsFile, GORUNNER_TEST_KEEPERS: keepers },
  });
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
    process.once(signal, () => {
      mocha.kill(signal);
      mocha.once("close", async () => {
        await everythingIsCleaned();
        process.exit(128 + constants.signals[signal]);
      });
    });
  }
  return new Promise((resolve) => {
    mocha.on("error", (error) => {
      console.error(error.message);
      resolve(false);
    });
    mocha.on("close", (code) => resolve(code === 0));
  });
}

async function everythingIsCleaned() {
  const deadlineMs = performance.now() + cleaningMs;
  while (readdirSync(keepers).length > 0) {
    if (performance.now() > deadlineMs) {
      console.error(`the processes ${readdirSync(keepers).join(", ")} still remove containers of the tests`);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** What the reporter left. @param {boolean} successful @returns {{ passed: number; failed: number }} */
function counts(successful) {
  let told = { passed: 0, failed: 0 };
  try {
    told = JSON.parse(readFileSync(countsFile, "utf8"));
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "ENOENT") throw error;
  }
  return successful || told.failed > 0 ? told : { passed: told.passed, failed: 1 };
}
