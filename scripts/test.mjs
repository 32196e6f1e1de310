/**
 * npm test: the checks, then every test. The last line is `N passed, N failed`, where a check that fails, or a mocha
 * that ends badly without saying why, counts as one failure.
 *
 * Two mochas share the tests: what executes Go, which keeps processors busy, and what mostly waits for stores and clocks.
 */
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { runChecks } from "./checks.mjs";
import { runMocha } from "./mocha.mjs";
import { findGo } from "./prepare/go.mjs";

const testsIn = (/** @type {string[]} */ ...places) => places.map((place) => `${place}/test/**/*.spec.ts`);
/** All tests there are, as the two mochas take them. */
const allTests = [
  testsIn("packages/executor-go", "packages/server", "e2e"),
  testsIn("packages/core", "packages/adapters-*", "testing", "examples/*", "scripts", "bench"),
];
// Outside the workspace: e2e/test/packed.spec.ts runs it.
const notOurs = ["--ignore", "examples/jsonl-adapter/**"];
const given = process.argv.slice(2);
/** The arguments of each mocha; with some of the caller's there is but one. */
const mochas = given.length === 0 ? allTests : [isAnyTest(given) ? given : [...given, ...allTests.flat()]];

const directory = mkdtempSync(join(tmpdir(), "gorunner-test-"));
/** Holds a file for each process that still cleans up after the tests: containers, and the Docker that was started. */
const keepers = join(directory, "keepers");
mkdirSync(keepers);
/** How long they may take, in milliseconds. */
const cleaningMs = 60_000;
// The Node and the Go that were found are those that the tests start.
const path = [dirname(process.execPath), process.env["PATH"] ?? "", await findGo()].join(delimiter);

const failedChecks = runChecks();
/** @type {import("node:child_process").ChildProcess[]} */
const running = [];
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
  process.once(signal, async () => {
    const ends = running
      .filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)
      .map((mocha) => once(mocha, "close"));
    for (const mocha of running) mocha.kill(signal);
    await Promise.all(ends);
    await everythingIsCleaned();
    process.exit(128 + constants.signals[signal]);
  });
}
const ended = await Promise.all(
  mochas.map((args, index) =>
    runMocha([...notOurs, ...args], {
      countsFile: join(directory, `counts-${index}.json`),
      isShown: index === 0,
      env: { ...process.env, PATH: path, GORUNNER_TEST_KEEPERS: keepers },
      started: (mocha) => running.push(mocha),
    }),
  ),
);
for (const { output } of ended) process.stdout.write(output);
await everythingIsCleaned();
const passed = ended.reduce((sum, end) => sum + end.passed, 0);
const failed = ended.reduce((sum, end) => sum + end.failed, failedChecks);
rmSync(directory, { recursive: true, force: true });
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** Whether they name a test file. @param {string[]} args */
function isAnyTest(args) {
  return args.some((arg) => arg.endsWith(".spec.ts"));
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
