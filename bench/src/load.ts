/** Load: many calls at once, either as fast as answers come or at a pace that does not care. */

export interface ClosedLoop {
  /** How many call one after the other. */
  loops: number;
  /** For how long calls are begun. */
  forMs: number;
}

/** @returns answers per second, counted until the last of them. */
export async function perSecond({ loops, forMs }: ClosedLoop, call: (loop: number) => Promise<unknown>): Promise<number> {
  const start = performance.now();
  let calls = 0;
  const loop = async (index: number) => {
    while (performance.now() - start < forMs) {
      await call(index);
      calls += 1;
    }
  };
  await Promise.all(Array.from({ length: loops }, (_, index) => loop(index)));
  return (calls * 1000) / (performance.now() - start);
}

/** Begins a call whenever its time has come, answered or not. @returns what all calls came to. */
export async function atPace<Result>(
  pace: { perSecond: number; forMs: number },
  call: (index: number) => Promise<Result>,
): Promise<Result[]> {
  const start = performance.now();
  const calls: Promise<Result>[] = [];
  for (let elapsedMs = 0; elapsedMs < pace.forMs; elapsedMs = performance.now() - start) {
    while (calls.length < (elapsedMs * pace.perSecond) / 1000) calls.push(call(calls.length));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return Promise.all(calls);
}

/** `times` calls, `atOnce` at a time. */
export async function repeat(options: { times: number; atOnce: number }, call: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const loop = async () => {
    while (next < options.times) await call(next++);
  };
  await Promise.all(Array.from({ length: options.atOnce }, loop));
}

/** One call for each item, `atOnce` at a time. */
export async function eachOf<Item>(
  items: readonly Item[],
  options: { atOnce: number },
  call: (item: Item) => Promise<unknown>,
): Promise<void> {
  const waiting = items.values();
  const loop = async () => {
    for (const item of waiting) await call(item);
  };
  await Promise.all(Array.from({ length: options.atOnce }, loop));
}
