/** Follows gRPC's framing through the data of a call: a flag, four bytes of length, the message, and again. */
export class MessageProgress {
  /** What the head of the message under way has said so far. */
  readonly #head: number[] = [];
  #missing = 0;
  /** Whole messages that have come. */
  messages = 0;
  /** The length of the last one, or of the one under way. */
  lastBytes = 0;

  /** Whether a message is expected or has begun that has not come whole. */
  get isPartial(): boolean {
    return this.messages === 0 || this.#head.length > 0;
  }

  feed(data: Uint8Array): void {
    let at = 0;
    while (at < data.length) {
      if (this.#head.length < headBytes) {
        this.#head.push(data[at++] ?? 0);
        if (this.#head.length < headBytes) continue;
        this.lastBytes = this.#head.slice(1).reduce((length, byte) => length * 256 + byte, 0);
        this.#missing = this.lastBytes;
      }
      const taken = Math.min(this.#missing, data.length - at);
      at += taken;
      this.#missing -= taken;
      if (this.#missing > 0) return;
      this.messages++;
      this.#head.length = 0;
    }
  }
}

const headBytes = 5;
