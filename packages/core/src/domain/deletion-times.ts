/** The largest age that a reader of the log of deletions can ask for: a hundred years. */
export const maxDeletionAgeMs = 100 * 365.25 * 24 * 60 * 60 * 1000;

/** @returns what a store takes `youngerThanMs` for: the nearest age that there is, and the largest where it is no number. */
export function deletionAgeOf(youngerThanMs: number): number {
  if (Number.isNaN(youngerThanMs)) return maxDeletionAgeMs;
  return Math.min(Math.max(youngerThanMs, 0), maxDeletionAgeMs);
}

/** How far the log's times may be ahead of the clock, so that a clock that was wrong once is forgotten again: a day. */
export const mostAheadMs = 24 * 60 * 60 * 1000;

/**
 * When a deletion is said to have been that comes after one of `last` in the log: now, but not before that one, or it would
 * hide the younger ones before it from who needs no old ones.
 */
export function deletionTimeAfter(last: Date | undefined, nowMs = Date.now()): Date {
  const lastMs = last?.getTime() ?? nowMs;
  return new Date(Math.max(nowMs, Math.min(lastMs, nowMs + mostAheadMs)));
}
