/** Things that take a moment to make and are used once, kept ready: made ahead, given up when nobody wants them. */
import type { Logger } from "@gorunner/core";

export interface WarmPoolOptions<Item> {
  /** For the log. */
  name: string;
  /** How many are kept ready. */
  size: number;
  /** Makes one for somebody who waits. */
  make(): Promise<Item>;
  /** Makes one to be kept ready, which may take longer; absent: as `make`. */
  makeAhead?(): Promise<Item>;
  isUsable(item: Item): boolean;
  discard(item: Item): Promise<void>;
  /** How long nobody may take any before they are given up. */
  idleMs: number;
  logger: Logger;
}

export class WarmPool<Item> {
  readonly #options: WarmPoolOptions<Item>;
  readonly #ready: Item[] = [];
  readonly #pending = new Set<Promise<unknown>>();
  #making = 0;
  #closed = false;
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(options: WarmPoolOptions<Item>) {
    this.#options = options;
  }

  /** One that is ready, else one made now. @throws whatever making throws. */
  async take(): Promise<Item> {
    this.#postponeIdle();
    for (;;) {
      const item = this.#ready.shift();
      if (item === undefined) return this.#options.make();
      if (this.#options.isUsable(item)) return item;
      this.#track(this.#options.discard(item));
    }
  }

  /** Makes what is missing, one after another. To be called when nobody waits: it competes for the processor. */
  refill(): void {
    this.#postponeIdle();
    if (this.#making === 0) this.#track(this.#makeMissing());
  }

  /** Makes those that are ready anew. */
  renew(): void {
    this.#discardAll();
    this.refill();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#idleTimer);
    this.#discardAll();
    while (this.#pending.size > 0) await Promise.allSettled(this.#pending);
  }

  async #makeMissing(): Promise<void> {
    const { size, make, makeAhead = make, logger, name } = this.#options;
    this.#making++;
    try {
      while (!this.#closed && this.#ready.length < size) this.#ready.push(await makeAhead());
    } catch (error) {
      // Whoever takes next makes one then, and is told why if that fails too.
      logger.debug("could not make one ahead", { pool: name, err: error });
    } finally {
      this.#making--;
      if (this.#closed) this.#discardAll();
    }
  }

  #postponeIdle(): void {
    clearTimeout(this.#idleTimer);
    if (this.#closed) return;
    this.#idleTimer = setTimeout(() => this.#discardAll(), this.#options.idleMs);
    this.#idleTimer.unref();
  }

  #discardAll(): void {
    for (const item of this.#ready.splice(0)) this.#track(this.#options.discard(item));
  }

  #track(work: Promise<unknown>): void {
    const tracked = work
      .catch((error: unknown) => this.#options.logger.warn("could not be cleared", { pool: this.#options.name, err: error }))
      .finally(() => this.#pending.delete(tracked));
    this.#pending.add(tracked);
  }
}
