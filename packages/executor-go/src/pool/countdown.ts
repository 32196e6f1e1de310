/** A time that runs out, and can be stopped meanwhile. */
export class Countdown implements Disposable {
  readonly #onOver: () => void;
  #leftMs: number;
  #runningSince = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(ms: number, onOver: () => void) {
    this.#leftMs = ms;
    this.#onOver = onOver;
  }

  /** Goes on from where it was stopped. */
  go(): void {
    this.#runningSince = performance.now();
    this.#timer ??= setTimeout(this.#onOver, Math.max(0, this.#leftMs));
  }

  stop(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#leftMs -= performance.now() - this.#runningSince;
  }

  [Symbol.dispose](): void {
    this.stop();
  }
}
