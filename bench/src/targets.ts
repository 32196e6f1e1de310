/** What the engine must reach, as the project has set it for itself. */

export interface Target {
  bound: "at most" | "at least";
  /** `×`: the ratio to the reference; else the figure itself. */
  unit: string;
  /** What it must land at. */
  land: number;
  /** What we would be proud of. */
  aim?: number;
  /** Which figure is meant; default the median. */
  of?: "median" | "p99";
}

export const targets = {
  coldToGoRun: { bound: "at most", unit: "×", land: 0.62, aim: 0.36 },
  coldToFloor: { bound: "at most", unit: "×", land: 1.2, aim: 0.7 },
  cachedToGoRun: { bound: "at most", unit: "×", land: 0.08, aim: 0.03 },
  httpToGoRun: { bound: "at most", unit: "×", land: 0.8, aim: 0.65 },
  coldPerSecond: { bound: "at least", unit: "×", land: 1.4, aim: 2 },
  freshHello: { bound: "at most", unit: "s", land: 15, aim: 6 },
  idleRss: { bound: "at most", unit: "MiB", land: 160, aim: 90 },
  nothing: { bound: "at most", unit: "", land: 0 },
} satisfies Record<string, Target>;

/** What counts as flat over a whole run, in the unit of each: less than measuring the same process twice can differ by. */
export const flat = {
  rss: { bound: "at most", unit: "MiB", land: 10 },
  disk: { bound: "at most", unit: "MiB", land: 1 },
  descriptors: { bound: "at most", unit: "", land: 2 },
  processes: { bound: "at most", unit: "", land: 2 },
  /** The bound that the executor gives its cache of binaries, and one binary more. */
  binaries: { bound: "at most", unit: "MiB", land: 520 },
} satisfies Record<string, Target>;
