/** Within what time an attack must be answered: by its own limits, whatever it does. */
import { defaultLimits, type Limits } from "@gorunner/core";

/** What all modules of one request may take to come; said to the executor too. */
export const fetchTimeoutMs = 30_000;

/**
 * What comes on top of the limits: sandboxes start, what has run out of time is killed and its output is taken, on a machine
 * of two processors that others use as well. Seen there was 0.3 s: late is only what hangs, or is not held to its limits.
 */
const graceMs = 10_000;

/**
 * One attack on the service, which may start servers, up to three, and make thousands of calls: ten times what the longest
 * took, 6 s.
 */
export const serviceWithinMs = 60_000;

export interface Work {
  limits: Partial<Limits>;
  /** It is laid out, not executed. */
  format?: true;
  /** Modules are fetched, and then it is built once more. */
  fetches?: true;
}

/** Nobody else waits for a turn where it is asked for. */
export function withinMs({ limits, format, fetches }: Work): number {
  const { buildTimeoutMs, runTimeoutMs } = { ...defaultLimits, ...limits };
  if (format) return buildTimeoutMs + graceMs;
  return buildTimeoutMs + runTimeoutMs + (fetches ? fetchTimeoutMs + buildTimeoutMs : 0) + graceMs;
}

/** How much longer it is waited for, to say how late it is. */
const patience = 2;

/** @throws Error with both figures when it takes longer, or as `work` does. */
export async function inTime<Result>(limitMs: number, work: () => Promise<Result>): Promise<Result> {
  const start = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const never = new Promise<"never">((resolve) => {
    timer = setTimeout(resolve, patience * limitMs, "never");
  });
  try {
    const ended = await Promise.race([work().then((result) => ({ result })), never]);
    const tookMs = Math.round(performance.now() - start);
    if (ended !== "never" && tookMs <= limitMs) return ended.result;
    const seen = ended === "never" ? `there was no answer after ${tookMs} ms` : `the answer came after ${tookMs} ms`;
    throw new Error(`${seen}, not within ${limitMs} ms`);
  } finally {
    clearTimeout(timer);
  }
}
