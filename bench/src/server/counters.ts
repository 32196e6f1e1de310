/** What the server has counted, by the names of its metrics. */

/** The value of a series, written as on the server's page; 0 where it is missing. */
export type Counters = (series: string) => number;

/** All of them at one moment. */
export async function countersAt(url: string): Promise<Counters> {
  const lines = (await (await fetch(url)).text()).split("\n");
  const values = new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]));
  return (series) => values.get(series) ?? 0;
}

export const since =
  (before: Counters, after: Counters): Counters =>
  (series) =>
    after(series) - before(series);

/** Of several series together. */
export const sumOf = (counted: Counters, series: readonly string[]) => series.reduce((sum, each) => sum + counted(each), 0);

/** The mean of histograms together, by name and labels, in milliseconds; 0 where nothing was observed. */
export function meanMs(counted: Counters, name: string, labels: string[]): number {
  const total = (part: "sum" | "count") => labels.reduce((sum, each) => sum + counted(`${name}_${part}{${each}}`), 0);
  return (1000 * total("sum")) / (total("count") || 1);
}
