import { type SnippetId, tombstoneTtlMs } from "@gorunner/core";

/** What was buried in this process of late. */
export class Tombstones {
  /** Until when each stands; in the order of burial, which is the order in which they go. */
  readonly #untilMs = new Map<SnippetId, number>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  add(id: SnippetId): void {
    this.#removeOld();
    this.#untilMs.delete(id);
    this.#untilMs.set(id, this.#now() + tombstoneTtlMs);
  }

  has(id: SnippetId): boolean {
    const untilMs = this.#untilMs.get(id);
    return untilMs !== undefined && this.#now() < untilMs;
  }

  #removeOld(): void {
    for (const [id, untilMs] of this.#untilMs) {
      if (this.#now() < untilMs) return;
      this.#untilMs.delete(id);
    }
  }
}
