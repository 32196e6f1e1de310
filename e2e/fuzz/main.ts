/** `npm run fuzz -- --runs N --seed S`: says how many ended in which way, or which request broke a rule. */
import { parseArgs } from "node:util";
import { cacheDir } from "../support/gorunner.js";
import { fuzz } from "./fuzz.js";

const { values } = parseArgs({
  options: { runs: { type: "string", default: "500" }, seed: { type: "string", default: String(Date.now() % 2 ** 31) } },
});
const [runs, seed] = [Number(values.runs), Number(values.seed)];
if (!Number.isSafeInteger(runs) || runs < 1 || !Number.isSafeInteger(seed)) {
  console.error("Usage: npm run fuzz -- [--runs N] [--seed S]");
  process.exit(2);
}
console.log(`${runs} runs with --seed ${seed}`);
const counts = new Map<string, number>();
let done = 0;
await fuzz({
  runs,
  seed,
  cacheDir,
  onRun: (ended) => {
    counts.set(ended, (counts.get(ended) ?? 0) + 1);
    if (++done % 100 === 0) console.log(`  ${done}`);
  },
});
console.log(
  [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([ended, count]) => `${ended} ${count}`)
    .join(", "),
);
