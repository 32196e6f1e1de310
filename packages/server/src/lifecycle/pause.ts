import { setTimeout as delay } from "node:timers/promises";

/** Waits; ends early, and does not reject, when `signal` is aborted. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
