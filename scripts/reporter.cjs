/**
 * Mocha's spec reporter, which also leaves its counts in the file that GORUNNER_TEST_COUNTS names, and ends a process
 * that something keeps alive after the last test, saying what.
 */
const { writeFileSync } = require("node:fs");
const Mocha = require("mocha");

/** How long the process may take to end after the last test, in milliseconds. */
const endMs = 20_000;

module.exports = class CountingReporter extends Mocha.reporters.Spec {
  /** @param {Mocha.Runner} runner @param {Mocha.MochaOptions} options */
  constructor(runner, options) {
    super(runner, options);
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures } = this.stats;
      leaveCounts(passes, failures);
      setTimeout(() => {
        console.error(`The tests left something open: ${process.getActiveResourcesInfo().join(", ")}`);
        // The exit code is mocha's own to the end, so the failure is told by the counts.
        leaveCounts(passes, failures + 1);
        process.exit();
      }, endMs).unref();
    });
  }
};

/** @param {number} passed @param {number} failed */
function leaveCounts(passed, failed) {
  const file = process.env["GORUNNER_TEST_COUNTS"];
  if (file !== undefined) writeFileSync(file, JSON.stringify({ passed, failed }));
}
