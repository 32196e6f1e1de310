/**
 * Fills of a cache that no reader waits for.
 *
 * Each is begun at once, and may end after its reader was answered: a cache refuses what was deleted since the read, and
 * what comes to it too late to tell.
 */
export class BackgroundFills {
  readonly #underWay = new Set<Promise<void>>();
  #failure: unknown;

  /** Begins the fill, unless {@link mostUnderWay} are under way: the next reader brings another one. */
  begin(fill: () => Promise<void>): void {
    if (this.#underWay.size >= mostUnderWay) return;
    const filling: Promise<void> = this.#fill(fill).finally(() => this.#underWay.delete(filling));
    this.#underWay.add(filling);
  }

  /** Waits until none is under way. @returns the first failure of a cache that fails, if one did. */
  async ended(): Promise<unknown> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
    return this.#failure;
  }

  /** A cache that keeps its contract never rejects, and answers a promise. One that does not is no reason to fail a reader. */
  async #fill(fill: () => Promise<void>): Promise<void> {
    try {
      await fill();
    } catch (failure) {
      this.#failure ??= failure;
    }
  }
}

/** What they hold of memory is bounded by this; a cache that answers at all has ended most of them long before. */
const mostUnderWay = 64;
