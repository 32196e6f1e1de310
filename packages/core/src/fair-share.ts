/** What holds a part of a bounded resource: a connection, or the calls of one. */
export interface Holder {
  /** Holders of one peer are counted together. */
  readonly peer: string;
  /** Whether it may be ended now in favour of another peer. */
  canEnd(): boolean;
  /** Ends it. It has given back what it can when this returns. */
  end(): void;
}

/**
 * Shares a bounded resource between peers.
 *
 * When all of it is taken, a peer that holds much loses to a peer that would hold no more than that: of the peer that holds
 * the most, the largest holder that may be ended is ended, and the oldest of equals. So a peer that takes all it can get
 * denies nothing to others.
 */
export class FairShare {
  readonly #limits: { inAll: number; perPeer: number };
  readonly #held = new Map<Holder, number>();
  readonly #ofPeer = new Map<string, number>();
  #total = 0;

  constructor(limits: { inAll: number; perPeer: number }) {
    this.#limits = limits;
  }

  /** @returns whether `holder` now holds `amount` more. */
  take(holder: Holder, amount: number): boolean {
    const ofPeer = (this.#ofPeer.get(holder.peer) ?? 0) + amount;
    if (ofPeer > this.#limits.perPeer) return false;
    while (this.#total + amount > this.#limits.inAll) {
      const before = this.#total;
      this.#victim(holder, ofPeer)?.end();
      if (this.#total >= before) return false;
    }
    this.#add(holder, amount);
    return true;
  }

  /** Gives back `amount` of what `holder` holds; absent: all of it. */
  give(holder: Holder, amount = this.#held.get(holder) ?? 0): void {
    this.#add(holder, -Math.min(amount, this.#held.get(holder) ?? 0));
  }

  #add(holder: Holder, amount: number): void {
    this.#total += amount;
    setOrDelete(this.#held, holder, (this.#held.get(holder) ?? 0) + amount);
    setOrDelete(this.#ofPeer, holder.peer, (this.#ofPeer.get(holder.peer) ?? 0) + amount);
  }

  #victim(taker: Holder, ofTaker: number): Holder | undefined {
    const peers = [...this.#ofPeer].filter(([, held]) => held >= ofTaker).sort(([, a], [, b]) => b - a);
    for (const [peer] of peers) {
      let largest: { holder: Holder; held: number } | undefined;
      for (const [holder, held] of this.#held) {
        if (holder.peer !== peer || holder === taker || (largest !== undefined && held <= largest.held)) continue;
        if (holder.canEnd()) largest = { holder, held };
      }
      if (largest !== undefined) return largest.holder;
    }
    return undefined;
  }
}

function setOrDelete<Key>(map: Map<Key, number>, key: Key, value: number): void {
  if (value > 0) map.set(key, value);
  else map.delete(key);
}
