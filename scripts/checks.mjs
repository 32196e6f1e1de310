/** The checks that need no test: format and lint, unused code, types. */
import { spawnSync } from "node:child_process";

/** Each is a program of node_modules and its arguments. */
const checks = [
  { name: "format and lint (biome)", script: "node_modules/@biomejs/biome/bin/biome", args: ["check", "."] },
  { name: "unused code (knip)", script: "node_modules/knip/bin/knip.js", args: [] },
  { name: "types of the packages (tsc)", script: "node_modules/typescript/bin/tsc", args: ["-b"] },
  { name: "types of tests and scripts (tsc)", script: "node_modules/typescript/bin/tsc", args: ["-p", "tsconfig.test.json"] },
];

/** Runs all of them and says what they find. @returns how many failed */
export function runChecks() {
  let failed = 0;
  for (const { name, script, args } of checks) {
    const { status, stdout, stderr, error } = spawnSync(process.execPath, [script, ...args], { encoding: "utf8", maxBuffer: 2 ** 26 });
    if (status === 0) {
      console.log(`✔ ${name}`);
      continue;
    }
    failed++;
    console.log(`✘ ${name}\n${error?.message ?? `${stdout}${stderr}`.trim()}`);
  }
  return failed;
}
