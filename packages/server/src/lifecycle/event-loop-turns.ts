/** Turns of Node's event loop: one waiting slice of work for each time around, in the order in which they asked. */
import type { Turns } from "@gorunner/core";

export class EventLoopTurns implements Turns {
  readonly #waiting: (() => void)[] = [];

  next(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#waiting.push(resolve) === 1) setImmediate(() => this.#giveOne());
    });
  }

  /** An immediate that is asked for by one runs the next time around, after timers and what has come in. */
  #giveOne(): void {
    this.#waiting.shift()?.();
    if (this.#waiting.length > 0) setImmediate(() => this.#giveOne());
  }
}
