/** First come first served within a caller, turn by turn between callers: who sends a hundred waits behind their own. */
export class FairQueue<Item> {
  /** The callers in the order of their turns; a caller without items is not in it. */
  readonly #byCaller = new Map<string, Set<Item>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(caller: string, item: Item): void {
    const own = this.#byCaller.get(caller) ?? new Set();
    own.add(item);
    this.#byCaller.set(caller, own);
    this.#size++;
  }

  delete(caller: string, item: Item): void {
    const own = this.#byCaller.get(caller);
    if (own === undefined || !own.delete(item)) return;
    this.#size--;
    if (own.size === 0) this.#byCaller.delete(caller);
  }

  /** Whether the next `turns` turns are enough for `item` to have its own. */
  isAmongNext(caller: string, item: Item, turns: number): boolean {
    let before = 0;
    for (const [name, own] of this.#byCaller) {
      if (before++ === turns) return false;
      if (name === caller) return own.values().next().value === item;
    }
    return false;
  }

  /** Takes out whose turn it is, of the callers that may; undefined when none of them waits. */
  next(may: (caller: string) => boolean = () => true): Item | undefined {
    for (const [caller, own] of this.#byCaller) {
      if (!may(caller)) continue;
      for (const item of own) {
        this.delete(caller, item);
        // The caller's next turn comes after everybody else's.
        if (this.#byCaller.delete(caller)) this.#byCaller.set(caller, own);
        return item;
      }
    }
    return undefined;
  }
}
