/** What runs of faults found, as a table for people, and its place in docs/operations.md. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { formatPage } from "../support/format-page.js";
import { repository } from "../support/gorunner.js";
import type { FaultRun } from "./run-fault.js";

const head = [
  "fault",
  "calls/s",
  "shares acknowledged",
  "refused",
  "deletes acknowledged",
  "refused",
  "reads answered",
  "refused",
  "lost",
  "doubled",
  "stale reads",
  "a read meanwhile, median",
  "longest call",
  "recovery",
];

export function tableOf(runs: readonly FaultRun[]): string {
  return [head, head.map((_, index) => (index === 0 ? "---" : "--:")), ...runs.map(cells)]
    .map((row) => `| ${row.join(" | ")} |`)
    .join("\n");
}

function cells({ fault, counts, ...run }: FaultRun): string[] {
  const { shares, deletes, reads } = counts;
  const stale = run.staleReads === 0 ? "0" : `${run.staleReads}, up to ${seconds(run.longestStaleMs)}`;
  return [
    fault.name,
    run.callsPerSecond.toFixed(0),
    ...[shares, deletes, reads].flatMap(({ acknowledged, refused }) => [String(acknowledged), String(refused)]),
    String(run.lost),
    String(run.doubled),
    stale,
    median(run.brokenReadMs),
    seconds(run.longestCallMs),
    seconds(run.recoveryMs),
  ];
}

function median(ms: number[]): string {
  const middle = ms.toSorted((one, other) => one - other)[ms.length >> 1];
  return middle === undefined ? "none" : `${middle.toFixed(middle < 10 ? 1 : 0)} ms`;
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;

const begin = "<!-- The table of faults: written by npm run test:faults -- --write -->";
const end = "<!-- The end of the table of faults -->";
const place = join(repository, "docs/operations.md");

/** @throws Error when the page has no place for it. */
export async function writeTable(text: string): Promise<string> {
  const page = await readFile(place, "utf8");
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${place} lacks the lines ${begin} and ${end}, between which the table goes`);
  await writeFile(place, `${page.slice(0, from + begin.length)}\n\n${text}\n\n${page.slice(to)}`);
  formatPage(place);
  return place;
}
