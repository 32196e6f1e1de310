/**
 * Reads under way, by key, that callers share.
 *
 * A read tells the truth as of some moment after its beginning. Who came after it began must not be answered from it: a
 * deletion may have been acknowledged to him in between. He waits for its end instead, looks whether he now finds what he
 * wants elsewhere, and else takes part in the next read, which begins after he came. So at most one read of a key is under
 * way at a time, and nobody waits for more than two. A read that fails fails all who wait for it: an error is never stale.
 */
export class SharedReads<Key, Value> {
  readonly #read: (key: Key) => Promise<Value>;
  readonly #underWay = new Map<Key, { begun: number; result: Promise<Value> }>();
  #time = 0;

  constructor(read: (key: Key) => Promise<Value>) {
    this.#read = read;
  }

  /** The moment at which a caller came, for {@link join}. */
  arrive(): number {
    return this.#time++;
  }

  /** Waits for the read of `key` that is under way, or begins one. `isCurrent`: it began after the caller came. */
  async join(key: Key, arrival: number): Promise<{ value: Value; isCurrent: boolean }> {
    const { begun, result } = this.#underWay.get(key) ?? this.#begin(key);
    return { value: await result, isCurrent: begun > arrival };
  }

  #begin(key: Key) {
    const read = { begun: this.#time++, result: this.#read(key).finally(() => this.#underWay.delete(key)) };
    this.#underWay.set(key, read);
    return read;
  }
}
