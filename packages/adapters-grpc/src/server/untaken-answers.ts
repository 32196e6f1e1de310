/**
 * Answers that their clients have not taken yet, by connection. HTTP/2 lets a client ask on and on while it takes nothing
 * (RFC 9113, 5.2); what it does not take stays in our memory.
 */
export class UntakenAnswers {
  readonly #maxBytes: number;
  readonly #bytes = new Map<string, number>();

  /** @param maxBytes how much of them a connection may leave lying before it gets no more */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  isFull(connection: string): boolean {
    return (this.#bytes.get(connection) ?? 0) >= this.#maxBytes;
  }

  /** @returns what is to be called when the answer has been taken, or never will be. */
  sent(connection: string, bytes: number): () => void {
    this.#bytes.set(connection, (this.#bytes.get(connection) ?? 0) + bytes);
    return () => {
      const left = (this.#bytes.get(connection) ?? 0) - bytes;
      if (left > 0) this.#bytes.set(connection, left);
      else this.#bytes.delete(connection);
    };
  }
}

/** About how large a message of texts and numbers is. */
export const sizeOf = (message: object) =>
  Object.values(message).reduce<number>((sum, value) => sum + (typeof value === "string" ? value.length : 8), 0);
