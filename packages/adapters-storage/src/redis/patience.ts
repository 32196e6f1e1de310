/** That an answer did not come while it was waited for. */
export const tooLate = Symbol("too late");

/**
 * How long those who ask wait for an answer, at most. One timer does for all of them, as they come by the thousand.
 *
 * When the time is up, whatever has arrived is looked at before anybody gives up: in a process that was held up itself, all
 * timers are due, and the answers are there.
 */
export class Patience {
  readonly #ms: number;
  /** In the order in which they give up. */
  readonly #waiting = new Set<{ untilMs: number; giveUp: () => void }>();
  #timer: NodeJS.Timeout | undefined;

  constructor(ms: number) {
    this.#ms = ms;
  }

  /** @returns what `answer` resolves to, if it does so in time; what it comes to later is nobody's concern. */
  await<Answer>(answer: Promise<Answer>): Promise<Answer | typeof tooLate> {
    return new Promise((resolve, reject) => {
      const waiter = { untilMs: performance.now() + this.#ms, giveUp: () => resolve(tooLate) };
      this.#waiting.add(waiter);
      if (this.#timer === undefined) this.#wakeIn(this.#ms);
      answer.then(resolve, reject).finally(() => this.#waiting.delete(waiter));
    });
  }

  #wakeIn(ms: number): void {
    // After timers the event loop reads its sockets, and then comes what was set immediate (Node's guide to its event loop).
    this.#timer = setTimeout(() => setImmediate(() => this.#giveUp()), ms).unref();
  }

  #giveUp(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (const waiter of this.#waiting) {
      if (waiter.untilMs > now) {
        this.#wakeIn(waiter.untilMs - now);
        return;
      }
      this.#waiting.delete(waiter);
      waiter.giveUp();
    }
  }
}
