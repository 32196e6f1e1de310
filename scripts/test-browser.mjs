/** npm run test:browser: what a real browser does with a real server. The last line is `N passed, N failed`. */
import { mkdtempSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { runMocha } from "./mocha.mjs";
import { findGo } from "./prepare/go.mjs";

const directory = mkdtempSync(join(tmpdir(), "gorunner-test-browser-"));
const env = { ...process.env, PATH: [dirname(process.execPath), process.env["PATH"] ?? "", await findGo()].join(delimiter) };
/** @type {import("node:child_process").ChildProcess | undefined} */
let running;
/** @type {NodeJS.Signals | undefined} */
let interruptedBy;
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
  process.once(signal, () => {
    interruptedBy = signal;
    running?.kill(signal);
  });
}
const { passed, failed } = await runMocha(["e2e/browser/*.spec.ts", ...process.argv.slice(2)], {
  countsFile: join(directory, "counts.json"),
  isShown: true,
  env,
  started: (mocha) => {
    running = mocha;
  },
});
rmSync(directory, { recursive: true, force: true });
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = interruptedBy === undefined ? Number(failed > 0) : 128 + constants.signals[interruptedBy];
