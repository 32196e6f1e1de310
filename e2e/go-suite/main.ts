/**
 * Runs the programs of Go's own test suite through the engine, and says which of them don't give the expected result.
 * `npm run test:go`; exit code 1 when one differs that nobody has explained, or an explained one does not differ.
 */
import { join } from "node:path";
import { type Execution, silentLogger, silentMetrics } from "@gorunner/core";
import { GoExecutor } from "@gorunner/executor-go";
import { cacheDir } from "../support/gorunner.js";
import { explained } from "./explained.js";
import { type GoProgram, goPrograms } from "./programs.js";

const executor = new GoExecutor({
  concurrency: 2,
  queue: 10_000,
  queueTimeoutMs: 60 * 60 * 1000,
  sourceBytes: 4 * 1024 * 1024,
  limits: { buildTimeoutMs: 60_000, runTimeoutMs: 60_000, memoryBytes: 1024 * 1024 * 1024, outputBytes: 4 * 1024 * 1024 },
  cacheDir,
  logger: silentLogger,
  metrics: silentMetrics,
});

await executor.prepare();
console.error("compiling the standard library, if it is not yet");
await executor.whenComplete();
const { toolchain, goroot } = executor.status();
const programs = await goPrograms(join(goroot ?? "/usr/local/go", "test"));
console.error(`running ${programs.length} programs of ${toolchain}'s test suite`);
let ended = 0;
const differences = await Promise.all(programs.map(differenceOf));
await executor.close();

const different = differences.filter((difference) => difference !== undefined);
for (const { name, what } of different) console.log(`${name}: ${explained[name] ?? `UNEXPLAINED: ${what}`}`);
const unexplained = different.filter(({ name }) => explained[name] === undefined);
const wronglyExplained = Object.keys(explained).filter((name) => !different.some((each) => each.name === name));
for (const name of wronglyExplained) console.log(`${name}: is explained, but gives the expected result or is not there`);
console.log(
  `${programs.length - different.length} of ${programs.length} give the expected result; ${different.length - unexplained.length} differ for the reasons above, ${unexplained.length} for none`,
);
process.exit(unexplained.length + wronglyExplained.length === 0 ? 0 : 1);

async function differenceOf(program: GoProgram): Promise<{ name: string; what: string } | undefined> {
  const execution = await executor.execute({
    files: [{ path: program.fileName, content: program.content }],
    mode: "run",
    clock: "real",
  });
  if (++ended % 100 === 0) console.error(`  ${ended} of ${programs.length}`);
  const what = mismatch(program, execution);
  return what === undefined ? undefined : { name: program.name, what };
}

function mismatch({ expected }: GoProgram, { outcome, events, stderr }: Execution): string | undefined {
  if (outcome !== "ok") return `${outcome}: ${Buffer.from(stderr).toString("utf8").slice(0, 200)}`;
  const printed = Buffer.concat(events.map(({ data }) => data)).toString("latin1");
  return sorted(printed) === sorted(expected)
    ? undefined
    : `printed ${JSON.stringify(printed.slice(0, 100))}, not ${JSON.stringify(expected.slice(0, 100))}`;
}

/** Two pipes don't tell which was written first within a moment, so lines count, and their order does not. */
function sorted(text: string): string {
  return text.split("\n").sort().join("\n");
}
