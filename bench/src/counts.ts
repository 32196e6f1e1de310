/** How much is measured: enough for figures that repeat, or as much as three minutes allow. */

export interface Counts {
  /** Rounds of the rows that compare one run with another. */
  cold: number;
  cached: number;
  http: number;
  /** Windows of the rows that count answers, and how long each is. */
  windows: number;
  windowMs: number;
  overloadMs: number;
  /** The neighbour's, alone and beside attackers. */
  neighbour: number;
  /** Runs whose traces are looked for, and how often. */
  runs: number;
  samples: number;
  fresh: number;
  idleMs: number;
  /** Rounds at each point of a curve. */
  curve: number;
}

export const full: Counts = {
  cold: 60,
  cached: 100,
  http: 40,
  windows: 5,
  windowMs: 5000,
  overloadMs: 10_000,
  neighbour: 300,
  runs: 10_000,
  samples: 60,
  fresh: 3,
  idleMs: 10_000,
  curve: 9,
};

export const quick: Counts = {
  cold: 12,
  cached: 20,
  http: 6,
  windows: 2,
  windowMs: 2000,
  overloadMs: 3000,
  neighbour: 60,
  runs: 500,
  samples: 15,
  fresh: 1,
  idleMs: 3000,
  curve: 2,
};
