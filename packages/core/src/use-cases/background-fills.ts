/**
 * Fills of a cache that no reader waits for.
 *
 * Each is begun at once, and may end after its reader was answered: a cache refuses what was deleted since the read, and
 * what comes to it too late to tell.
 */
export class BackgroundFills {
  readonly #underWay = new Set<Promise<void>>();
  readonly #failures: unknown[] = [];

  /** Begins the fill, unless {@link mostUnderWay} are under way: the next reader brings another one. */
  begin(fill: () => Promise<void>): void {
    if (this.#underWay.size >= mostUnderWay) return;
    const filling: Promise<void> = fill()
      .catch((failure: unknown) => {
        // A cache that keeps its contract never rejects. Of one that does `ended` tells, once.
        if (this.#failures.length === 0) this.#failures.push(failure);
      })
      .finally(() => this.#underWay.delete(filling));
    this.#underWay.add(filling);
  }

  /** Waits until none is under way. @throws the first failure of a cache that rejects. */
  async ended(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
    for (const failure of this.#failures.splice(0)) throw failure;
  }
}

/** What they hold of memory is bounded by this; a cache that answers at all has ended most of them long before. */
const mostUnderWay = 64;
