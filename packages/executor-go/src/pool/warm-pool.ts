/** Things that take a moment to make and are used once, kept ready: made ahead, given up when nobody wants them. */
import { setTimeout as delay } from "node:timers/promises";
import type { CancelSignal, Logger } from "@gorunner/core";
import { Cancellation } from "./cancellation.js";

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

/** Some ten times what it takes to make and discard one on a machine that is busy. */
const usualMs = 1000;

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

  /**
   * One that is ready, else one made now.
   * @param signal gives up waiting for one that is made; what comes then is discarded.
   * @param special makes another kind than is kept ready.
   * @throws whatever making throws; the cancellation of `signal`.
   */
  async take(signal?: CancelSignal, special?: () => Promise<Item>): Promise<Item> {
    this.#postponeIdle();
    const ready = special === undefined ? this.#nextReady() : undefined;
    return ready ?? this.#makeFor(signal, special ?? this.#options.make);
  }

  #nextReady(): Item | undefined {
    for (let item = this.#ready.shift(); item !== undefined; item = this.#ready.shift()) {
      if (this.#options.isUsable(item)) return item;
      void this.#track(this.#options.discard(item));
    }
    return undefined;
  }

  async #makeFor(signal: CancelSignal | undefined, make: () => Promise<Item>): Promise<Item> {
    const making = make();
    using cancellation = new Cancellation([signal]);
    try {
      return await cancellation.race(making);
    } catch (error) {
      if (signal?.aborted) await this.#abandon(making);
      throw error;
    }
  }

  /** Makes what is missing, one after another. To be called when nobody waits: it competes for the processor. */
  refill(): void {
    this.#postponeIdle();
    if (this.#making === 0) void this.#track(this.#makeMissing());
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

  /** Discards what making still comes to. It is waited for as long as that usually takes: nothing should be left then. */
  async #abandon(making: Promise<Item>): Promise<void> {
    // Whoever would want to know why nothing could be made has gone.
    const discarded = this.#track(making.then(this.#options.discard, () => {}));
    await Promise.race([discarded, delay(usualMs, undefined, { ref: false })]);
  }

  #postponeIdle(): void {
    clearTimeout(this.#idleTimer);
    if (this.#closed) return;
    this.#idleTimer = setTimeout(() => this.#discardAll(), this.#options.idleMs);
    this.#idleTimer.unref();
  }

  #discardAll(): void {
    for (const item of this.#ready.splice(0)) void this.#track(this.#options.discard(item));
  }

  /** @returns its end, however it ends. */
  #track(work: Promise<unknown>): Promise<unknown> {
    const tracked = work
      .catch((error: unknown) => this.#options.logger.warn("could not be cleared", { pool: this.#options.name, err: error }))
      .finally(() => this.#pending.delete(tracked));
    this.#pending.add(tracked);
    return tracked;
  }
}
