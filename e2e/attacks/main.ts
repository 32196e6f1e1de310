/**
 * `npm run test:attacks`: the whole corpus in every mode that this machine offers. The last line is `N passed, N failed`.
 */
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { formatPage } from "../support/format-page.js";
import { modes } from "./modes.js";
import type { ModeResults, Result } from "./results.js";
import { runMode } from "./run-modes.js";
import { savedResults } from "./saved-results.js";
import { tableOf, withTable } from "./table.js";

const usage = `Usage: npm run test:attacks -- [--write] [--mode NAME] [--only WORDS] [--save FILE]

  --write   puts the table of what was seen into docs/security.md, with what npm run test:cgroup2 has saved
  --save    writes what was seen into a file, as JSON
  --mode    one of: ${modes.map(({ name }) => `"${name}"`).join(", ")}
  --only    the attacks with these words in their names
`;

const { values: options } = parseArgs({
  options: {
    write: { type: "boolean", default: false },
    mode: { type: "string" },
    only: { type: "string", default: "" },
    save: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
const chosen = modes.filter(({ name }) => options.mode === undefined || name === options.mode);
if (options.help || chosen.length === 0) {
  console.log(usage);
  process.exit(options.help ? 0 : 2);
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

const all: ModeResults[] = [];
for (const mode of chosen) {
  console.log(`\n${mode.name}`);
  const told = await runMode(mode, {
    part: "all",
    pattern: options.only,
    onInForce: ({ tier, resources, toolchain, uid }) => console.log(`  in force: ${tier}, ${resources}, uid ${uid}, ${toolchain}`),
    onResult: print,
  });
  if (told.notOffered !== undefined) console.log(`  not offered by this machine: ${told.notOffered}`);
  all.push(told);
}

if (options.save !== undefined) await writeFile(options.save, JSON.stringify(all));
if (options.write) {
  const file = fileURLToPath(new URL("../../docs/security.md", import.meta.url));
  await writeFile(file, withTable(await readFile(file, "utf8"), tableOf([...all, ...(await savedResults())])));
  formatPage(file);
  console.log("\nwrote the table of docs/security.md");
}
const results = all.flatMap((each) => each.results);
const failed = results.filter(({ problems }) => problems.length > 0).length;
// A run without a single attack says nothing.
console.log(`\n${results.length - failed} passed, ${failed + (results.length === 0 ? 1 : 0)} failed`);
process.exitCode = failed === 0 && results.length > 0 ? 0 : 1;

function print({ name, seen, without, problems }: Result): void {
  const control = without.length === 0 ? "" : `; succeeds without ${without.join("; ")}`;
  console.log(`  ${problems.length === 0 ? "✔" : "✘"} ${name}: ${seen}${control}`);
  for (const problem of problems) console.log(`      ${problem.replaceAll("\n", "\n      ")}`);
}
