/** How long a server's event loop is held while a neighbour asks it for nothing but a sign of life. */
import assert from "node:assert/strict";
import type { Gorunner } from "../../support/gorunner.js";

/** Ten times what one text may hold the loop for, in seconds, on a machine that does nothing else. */
const heldAtMost = 0.2;
/** Each answer takes about a millisecond. What comes later than this has waited for somebody else's text. */
const waitAtMostMs = 1000;
/** Those of the histogram that can be asked for. */
const buckets = [0.2, 0.5, 1, 2.5, 5, 10];
/** Other programs on the machine can hold up a server too, but a text that holds it does so each time. */
const attempts = 4;

/** @throws Error when the loop is held for long each time that `send` is called. */
export async function staysFree(server: Gorunner, send: () => Promise<void>): Promise<void> {
  const seen: string[] = [];
  while (seen.length < attempts) {
    const told = await heldBy(server, send);
    if (told === undefined) return;
    seen.push(told);
  }
  assert.fail(seen.join("; "));
}

/** @returns what was seen, where it is too much. */
async function heldBy(server: Gorunner, send: () => Promise<void>): Promise<string | undefined> {
  const slownessBefore = slowness();
  const before = await delaysOf(server);
  const neighbour = new Neighbour(`${server.rest}/healthz`);
  await send();
  const longestWaitMs = await neighbour.stop();
  // What is held at the end is told after the second.
  let after = await delaysOf(server);
  const deadline = performance.now() + 10_000;
  for (const { count } = after; after.count < count + 2 && performance.now() < deadline; after = await delaysOf(server)) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const times = Math.max(slownessBefore, slowness());
  const bound = buckets.find((bucket) => bucket >= heldAtMost * times) ?? 10;
  const seconds = after.above(bound) - before.above(bound);
  if (seconds === 0 && longestWaitMs < waitAtMostMs * times) return undefined;
  const machine = `on a machine that is ${times.toFixed(1)} times slower than its processor`;
  return `held for more than ${bound} s in ${seconds} seconds, a neighbour waited for ${Math.round(longestWaitMs)} ms, ${machine}`;
}

/** How many times longer work takes here now than it has the processor: what others run makes it so for the server, too. */
function slowness(): number {
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  let usedMs = 0;
  while (usedMs < 50) {
    const { user, system } = process.cpuUsage(cpu);
    usedMs = (user + system) / 1000;
  }
  return Math.max(1, (performance.now() - start) / usedMs);
}

/** How many seconds there were, and in how many of them the loop was held for longer than a bucket's bound. */
async function delaysOf(server: Gorunner): Promise<{ count: number; above(bound: number): number }> {
  const lines = (await (await fetch(server.metrics)).text()).split("\n");
  const sampleOf = (suffix: string) => {
    const series = `runner_event_loop_delay_seconds_${suffix} `;
    return Number(lines.find((line) => line.startsWith(series))?.slice(series.length) ?? 0);
  };
  const count = sampleOf("count");
  return { count, above: (bound) => count - sampleOf(`bucket{le="${bound}"}`) };
}

/** Asks again and again, and knows the longest wait. */
class Neighbour {
  #longestMs = 0;
  #isStopped = false;
  /** Resolves with what went wrong. */
  readonly #asking: Promise<unknown>;

  constructor(url: string) {
    this.#asking = this.#ask(url).catch((error: unknown) => error);
  }

  async stop(): Promise<number> {
    this.#isStopped = true;
    const failure = await this.#asking;
    if (failure !== undefined) throw failure;
    return this.#longestMs;
  }

  async #ask(url: string): Promise<void> {
    while (!this.#isStopped) {
      const start = performance.now();
      assert.equal((await fetch(url)).status, 200);
      this.#longestMs = Math.max(this.#longestMs, performance.now() - start);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}
