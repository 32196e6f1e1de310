/** What a read found, and whether it began after the caller came. */
export interface SharedRead<Value> {
  value: Value;
  isCurrent: boolean;
}

/**
 * Reads by key that callers share.
 *
 * A read tells the truth as of some moment after its beginning. Who came after it began must not be answered from it: a
 * deletion may have been acknowledged to him in between. He waits for its end instead, looks whether he now finds what he
 * wants elsewhere, and else takes part in the next read, which begins after he came. So at most one read of a key is under
 * way at a time, and nobody waits for more than two. A read that fails fails all who wait for it: an error is never stale.
 */
export class SharedReads<Key, Value> {
  readonly #read: (key: Key) => Promise<Value>;
  /** The keys that somebody wants now, with the last read of each, as long as somebody does. */
  readonly #wanted = new Map<Key, { callers: number; last?: Read<Value> }>();
  #time = 0;

  constructor(read: (key: Key) => Promise<Value>) {
    this.#read = read;
  }

  /** Does `work` for a caller who comes now; its `join` waits for the last read of `key`, or begins one. */
  async visit<Result>(key: Key, work: (join: () => Promise<SharedRead<Value>>) => Promise<Result>): Promise<Result> {
    const wanted: { callers: number; last?: Read<Value> } = this.#wanted.get(key) ?? { callers: 0 };
    this.#wanted.set(key, wanted);
    wanted.callers++;
    const arrival = this.#time++;
    try {
      return await work(async () => {
        const last = wanted.last;
        const read = last !== undefined && (last.begun > arrival || last.isUnderWay) ? last : this.#begin(key);
        wanted.last = read;
        return { value: await read.result, isCurrent: read.begun > arrival };
      });
    } finally {
      wanted.callers--;
      if (wanted.callers === 0) this.#wanted.delete(key);
    }
  }

  #begin(key: Key): Read<Value> {
    const read: Read<Value> = { begun: this.#time++, isUnderWay: true, result: this.#read(key).finally(() => (read.isUnderWay = false)) };
    return read;
  }
}

interface Read<Value> {
  readonly begun: number;
  readonly result: Promise<Value>;
  isUnderWay: boolean;
}
