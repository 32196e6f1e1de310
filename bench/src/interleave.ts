/** Measuring several things beside each other: what the machine does meanwhile falls on all of them alike. */
import { setTimeout as pause } from "node:timers/promises";
import { type Summary, summaryOf } from "./statistics.js";

/** Each call measures once and answers a figure; see {@link timed}. */
export type Contestants<Name extends string> = Record<Name, () => Promise<number>>;

export interface Rounds {
  rounds: number;
  /** Between any two measurements: what one has left behind must not weigh on the next. */
  pauseMs: number;
  onRound?: (round: number) => void;
}

/** Every contestant once a round, another one first each time. */
export async function interleave<Name extends string>(contestants: Contestants<Name>, options: Rounds): Promise<Record<Name, Summary>> {
  const names = Object.keys(contestants) as Name[];
  const figures = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let round = 0; round < options.rounds; round++) {
    options.onRound?.(round + 1);
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(round + turn) % names.length];
      if (name === undefined) continue;
      await pause(options.pauseMs);
      figures.get(name)?.push(await contestants[name]());
    }
  }
  return Object.fromEntries([...figures].map(([name, all]) => [name, summaryOf(all)])) as Record<Name, Summary>;
}

/** How long it takes, in milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
