/** `npm run bench`: measures, prints the table to stdout and its progress to stderr, and keeps both the table and the curves. */
import { optionsOf, UsageError, usage } from "./options.js";
import { markdownOf } from "./report/markdown.js";
import { writeResults } from "./report/write-results.js";
import { verdictOf } from "./result.js";
import { rowIds } from "./rows.js";
import { runBench } from "./run-bench.js";

const interruption = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => interruption.abort(new Error(`interrupted by ${signal}`)));
}

const start = performance.now();
const progress = (what: string) => console.error(`${((performance.now() - start) / 1000).toFixed(0).padStart(5)} s  ${what}`);

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof UsageError ? `bench: ${error.message}\n\n${usage}` : error);
  return error instanceof UsageError ? 2 : 1;
});
// A row that was interrupted may still wait for answers that never come.
if (interruption.signal.aborted) process.exit();

/** @returns the exit code: a target that is not met is a result, not a failure. */
async function main(args: string[]): Promise<number> {
  const options = optionsOf(args);
  if (options.help) {
    console.log(usage);
    return 0;
  }
  const run = await runBench(options, interruption.signal, progress);
  const markdown = markdownOf(run.conditions, run.results);
  console.log(markdown);
  const whole = !options.quick && options.rows.length === rowIds.length;
  const directory = await writeResults({ ...run, markdown }, { whole });
  const missed = run.results.flatMap(({ lines }) => lines).filter((line) => verdictOf(line) === "not met");
  progress(`${missed.length} targets not met; written to ${directory}`);
  return 0;
}
