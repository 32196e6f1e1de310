import type { FairShare, Holder } from "@gorunner/core";

/** What keeping a part of a piece costs besides the piece. */
const partBytes = 256;

/** The calls of a connection, as far as they may be ended in favour of others. */
export interface WaitingCalls {
  hasVictims(): boolean;
  endVictims(): void;
  /** Whether the client takes its answers: then those stay. */
  isTaking(): boolean;
}

/** What the calls of one connection hold in memory, as a part of what all may hold. */
export class CallMemory implements Holder {
  readonly peer: string;
  readonly #share: FairShare;
  readonly #calls: WaitingCalls;
  /** What was read from the socket at once is one piece of memory, which several calls may need a part of. */
  readonly #pieces = new Map<ArrayBufferLike, number>();
  /** What gives back the memory of each answer that is not taken. */
  readonly #answers = new Set<() => void>();
  #untakenBytes = 0;

  constructor(peer: string, share: FairShare, calls: WaitingCalls) {
    this.peer = peer;
    this.#share = share;
    this.#calls = calls;
  }

  canEnd(): boolean {
    return this.#calls.hasVictims();
  }

  /** The answers that are not taken. */
  get untakenBytes(): number {
    return this.#untakenBytes;
  }

  /** Ends all calls that wait for their client, those that are answered among them unless it takes its answers. */
  end(): void {
    this.#calls.endVictims();
    if (this.#calls.isTaking()) return;
    for (const forget of this.#answers) forget();
  }

  /** @returns whether that much was to be had. */
  take(bytes: number): boolean {
    return this.#share.take(this, bytes);
  }

  give(bytes: number): void {
    this.#share.give(this, bytes);
  }

  /** A call is answered. @returns what is to be called when the answer is taken, or never will be; undefined: no room. */
  keepAnswer(bytes: number): (() => void) | undefined {
    if (!this.take(bytes)) return undefined;
    const forget = () => {
      if (!this.#answers.delete(forget)) return;
      this.#untakenBytes -= bytes;
      this.give(bytes);
    };
    this.#untakenBytes += bytes;
    this.#answers.add(forget);
    return forget;
  }

  /** A call keeps a part of `piece`. @returns whether it may. */
  keep(piece: ArrayBufferLike): boolean {
    const keepers = this.#pieces.get(piece) ?? 0;
    if (!this.take(partBytes + (keepers === 0 ? piece.byteLength : 0))) return false;
    this.#pieces.set(piece, keepers + 1);
    return true;
  }

  /** A call needs its part of `piece` no more. */
  drop(piece: ArrayBufferLike): void {
    const keepers = this.#pieces.get(piece) ?? 0;
    if (keepers > 1) this.#pieces.set(piece, keepers - 1);
    else this.#pieces.delete(piece);
    this.give(partBytes + (keepers > 1 ? 0 : piece.byteLength));
  }
}
