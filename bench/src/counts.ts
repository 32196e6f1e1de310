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
  /** Reads in one window of the row that counts them. */
  reads: number;
  /** How long saves are counted, and how long the tools beside which they and reads are measured take. */
  saveMs: number;
  toolSeconds: number;
  /** How many snippets are stored at each point of the curves over that. */
  stored: number[];
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
  reads: 10_000,
  saveMs: 3000,
  toolSeconds: 3,
  stored: [1000, 3000, 10_000, 30_000, 100_000, 300_000, 1_000_000],
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
  reads: 1500,
  saveMs: 700,
  toolSeconds: 1,
  stored: [1000, 10_000, 100_000],
};
