/** How long a server's event loop is held while a neighbour asks it for nothing but a sign of life. */
import assert from "node:assert/strict";
import type { Gorunner } from "../../support/gorunner.js";
import { metric } from "../../support/metrics.js";

/** One text may hold the loop for a twentieth of this; a busy machine may hold up all of the server. */
const bound = "0.5";
/** Each answer takes about a millisecond. What comes later than this has waited for somebody else's text. */
const maxWaitMs = 2000;
/** Other programs on the machine can hold up a server too, but a text that holds it does so each time. */
const attempts = 4;

/** @throws Error when the loop is held for long each time that `send` is called. */
export async function staysFree(server: Gorunner, send: () => Promise<void>): Promise<void> {
  const seen: string[] = [];
  while (seen.length < attempts) {
    const held = await heldBy(server, send);
    if (held.seconds === 0 && held.longestWaitMs < maxWaitMs) return;
    const { seconds, longestWaitMs } = held;
    seen.push(`held for more than ${bound} s in ${seconds} seconds, a neighbour waited for ${Math.round(longestWaitMs)} ms`);
  }
  assert.fail(seen.join("; "));
}

async function heldBy(server: Gorunner, send: () => Promise<void>): Promise<{ seconds: number; longestWaitMs: number }> {
  const before = await secondsOf(server);
  const neighbour = new Neighbour(`${server.rest}/healthz`);
  await send();
  const longestWaitMs = await neighbour.stop();
  // What is held at the end is told after the second.
  let after = await secondsOf(server);
  const deadline = performance.now() + 10_000;
  for (const { all } = after; after.all < all + 2 && performance.now() < deadline; after = await secondsOf(server)) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { seconds: after.long - before.long, longestWaitMs };
}

async function secondsOf(server: Gorunner): Promise<{ all: number; long: number }> {
  const name = "runner_event_loop_delay_seconds";
  const [all, short] = await Promise.all([
    metric(server.metrics, `${name}_count`),
    metric(server.metrics, `${name}_bucket{le="${bound}"}`),
  ]);
  return { all, long: all - short };
}

/** Asks again and again, and knows the longest wait. */
class Neighbour {
  #longestMs = 0;
  #isStopped = false;
  readonly #asking: Promise<void>;

  constructor(url: string) {
    this.#asking = this.#ask(url);
  }

  async stop(): Promise<number> {
    this.#isStopped = true;
    await this.#asking;
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
