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
 * Shares a bounded resource between peers, and what one peer may have between its holders.
 *
 * When all of it is taken, the peer that holds the most loses to a peer that would hold no more than that; when a peer has
 * all that it may have, its largest holder loses to one that would hold no more. Ended is the largest holder that may be
 * ended, and the oldest of equals. So whatever takes all it can get denies nothing to others.
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
    const { inAll, perPeer } = this.#limits;
    const ofPeer = () => (this.#ofPeer.get(holder.peer) ?? 0) + amount;
    const isRoom =
      this.#endUntil(
        () => ofPeer() <= perPeer,
        () => this.#largestOf(holder.peer, holder, (this.#held.get(holder) ?? 0) + amount),
      ) &&
      this.#endUntil(
        () => this.#total + amount <= inAll,
        () => this.#largestOfOthers(holder, ofPeer()),
      );
    if (isRoom) this.#add(holder, amount);
    return isRoom;
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

  /** Ends victims until it is enough. @returns whether it is. */
  #endUntil(isEnough: () => boolean, victim: () => Holder | undefined): boolean {
    while (!isEnough()) {
      const before = this.#total;
      victim()?.end();
      if (this.#total >= before) return false;
    }
    return true;
  }

  #largestOfOthers(taker: Holder, ofTaker: number): Holder | undefined {
    const peers = [...this.#ofPeer].filter(([, held]) => held >= ofTaker).sort(([, a], [, b]) => b - a);
    for (const [peer] of peers) {
      const largest = this.#largestOf(peer, taker, 0);
      if (largest !== undefined) return largest;
    }
    return undefined;
  }

  #largestOf(peer: string, taker: Holder, atLeast: number): Holder | undefined {
    let largest: Holder | undefined;
    let most = atLeast - 1;
    for (const [holder, held] of this.#held) {
      if (holder.peer === peer && holder !== taker && held > most && holder.canEnd()) [largest, most] = [holder, held];
    }
    return largest;
  }
}

function setOrDelete<Key>(map: Map<Key, number>, key: Key, value: number): void {
  if (value > 0) map.set(key, value);
  else map.delete(key);
}
