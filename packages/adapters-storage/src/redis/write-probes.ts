/** Tries in the background whether a server takes writes again: first soon, then more and more seldom. */
export class WriteProbes {
  readonly #probe: () => Promise<boolean>;
  #next: NodeJS.Timeout | undefined;

  /** @param probe whether it does; never rejects. */
  constructor(probe: () => Promise<boolean>) {
    this.#probe = probe;
  }

  /** Whether they go on, and so the server is not to be used. */
  get areDue(): boolean {
    return this.#next !== undefined;
  }

  begin(): void {
    this.#probeIn(firstPauseMs);
  }

  end(): void {
    clearTimeout(this.#next);
    this.#next = undefined;
  }

  #probeIn(pauseMs: number): void {
    // By some chance, so that servers which lost it together don't ask together.
    this.#next = setTimeout(() => void this.#try(pauseMs), pauseMs * (0.75 + Math.random() / 4)).unref();
  }

  async #try(pauseMs: number): Promise<void> {
    const isOver = await this.#probe();
    if (!isOver && this.areDue) this.#probeIn(Math.min(2 * pauseMs, longestPauseMs));
  }
}

const firstPauseMs = 250;
const longestPauseMs = 5000;
