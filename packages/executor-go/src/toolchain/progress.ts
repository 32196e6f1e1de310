/** Tells now and then how much of some work is done, as `120 of 305`. */
export class Progress implements Disposable {
  readonly #timer: NodeJS.Timeout;
  #done = 0;

  constructor({ total, everyMs, tell }: { total: number; everyMs: number; tell(progress: string): void }) {
    this.#timer = setInterval(() => tell(`${this.#done} of ${total}`), everyMs);
  }

  step(): void {
    this.#done++;
  }

  /** Tells no more. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
