/** Under which conditions a run measured: without them a table can't be compared with another. */
import { cpus, loadavg, totalmem } from "node:os";

export interface Conditions {
  date: string;
  cores: number;
  processor: string;
  memoryGib: number;
  node: string;
  go: string;
  /** Processes that wanted to run in the minute before, this one's own included. */
  loadBefore: number;
  loadAfter: number;
  minutes: number;
  quick: boolean;
  told: string;
}

/** Begins now; the function that it answers ends it. */
export function conditionsOf({ cores, go, quick }: Pick<Conditions, "cores" | "go" | "quick">): () => Conditions {
  const start = performance.now();
  const facts = {
    date: new Date().toISOString().slice(0, 10),
    cores,
    processor: cpus()[0]?.model.trim() ?? "unknown processor",
    memoryGib: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    go,
    loadBefore: Math.round((loadavg()[0] ?? 0) * 10) / 10,
    quick,
  };
  return () => {
    const minutes = Math.round((performance.now() - start) / 6000) / 10;
    const loadAfter = Math.round((loadavg()[0] ?? 0) * 10) / 10;
    const told =
      `${facts.date}, ${cores} cores (${facts.processor}), ${facts.memoryGib} GiB, Node ${facts.node}, ${go}; load ${facts.loadBefore} before, ` +
      `${loadAfter} after; ${quick ? "a quick run" : "a run"} of ${minutes} minutes on the server's defaults, references interleaved. ` +
      "Below 100 measurements p99 is the largest.";
    return { ...facts, minutes, loadAfter, told };
  };
}
