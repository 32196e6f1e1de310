/** What one generation of the module cache takes on disk: a running total from above, and a measurement where that says full. */
import { measureTree, type TreeSize } from "./tree.js";

export interface GenerationSizeOptions {
  directory: string;
  maxBytes: number;
  maxEntries: number;
  closing: AbortSignal;
  /** Default: on disk. */
  measure?: typeof measureTree;
}

/** Other processes may add to it: after that long the total is measured anew. */
const staleMs = 10 * 60 * 1000;

export class GenerationSize {
  readonly #options: GenerationSizeOptions;
  #measured: TreeSize = { bytes: 0, entries: 0 };
  /** What was added since the measurement began; a part may be counted in both. */
  #added: TreeSize = { bytes: 0, entries: 0 };
  #measuredAt = 0;
  #measuring: Promise<void> | undefined;

  constructor(options: GenerationSizeOptions) {
    this.#options = options;
  }

  add({ bytes, entries }: TreeSize): void {
    this.#added.bytes += bytes;
    this.#added.entries += entries;
  }

  /** In the background; there is one at a time. */
  measure(): void {
    this.#measuring ??= this.#measure().finally(() => {
      this.#measuring = undefined;
    });
    // Who waits for it hears of its failure, and the next one tries again.
    this.#measuring.catch(() => {});
  }

  /** Takes as long as a measurement where the total is above the bound; else the total is the answer. */
  async isFull(): Promise<boolean> {
    if (performance.now() - this.#measuredAt > staleMs) this.measure();
    if (!this.#isAbove) return false;
    // The one under way may have begun before the latest addition.
    await this.#measuring;
    if (this.#added.entries > 0) {
      this.measure();
      await this.#measuring;
    }
    return this.#isAbove;
  }

  async idle(): Promise<void> {
    await Promise.allSettled([this.#measuring]);
  }

  get #isAbove(): boolean {
    const { maxBytes, maxEntries } = this.#options;
    return this.#measured.bytes + this.#added.bytes > maxBytes || this.#measured.entries + this.#added.entries > maxEntries;
  }

  async #measure(): Promise<void> {
    const before = this.#added;
    this.#added = { bytes: 0, entries: 0 };
    this.#measuredAt = performance.now();
    try {
      const { directory, closing, measure = measureTree } = this.#options;
      this.#measured = await measure(directory, closing);
    } catch (error) {
      this.add(before);
      throw error;
    }
  }
}
