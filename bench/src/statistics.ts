/** What a list of measurements says. Every figure is robust against single outliers: the machine is never quiet. */

export interface Point {
  x: number;
  y: number;
}

export interface Summary {
  count: number;
  median: number;
  /** The nearest-rank percentile, a value that was measured; below 100 measurements it is the largest. */
  p99: number;
}

/** The nearest-rank quantile. @param share from 0 to 1. @throws RangeError for an empty list. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const found = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (found === undefined) throw new RangeError("no measurement, no quantile");
  return found;
}

/** Of an even number of values the mean of the middle two. @throws RangeError for an empty list. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (lower === undefined || upper === undefined) throw new RangeError("no measurement, no median");
  return lower + (upper - lower) / 2;
}

export function summaryOf(values: readonly number[]): Summary {
  return { count: values.length, median: median(values), p99: quantile(values, 0.99) };
}

/** Of rates, each of which is one figure over many already. */
export function rateOf(values: readonly number[]): Omit<Summary, "p99"> {
  const { count, median } = summaryOf(values);
  return { count, median };
}

/**
 * The slope of the line through the points: the median of the slopes between all pairs (Theil and Sen), which a third
 * of the points being far off does not move. 0 for points that have no two different x.
 */
export function slope(points: readonly Point[]): number {
  const slopes: number[] = [];
  points.forEach((a, index) => {
    for (const b of points.slice(index + 1)) if (a.x !== b.x) slopes.push((b.y - a.y) / (b.x - a.x));
  });
  return slopes.length === 0 ? 0 : median(slopes);
}
