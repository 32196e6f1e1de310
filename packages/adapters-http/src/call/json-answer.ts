import { type FairShare, type Holder, jsonInSlices, RunnerError, type Turns } from "@gorunner/core";

/** How long a client should wait that has too many answers under way. */
const retryAfterMs = 1000;

/**
 * An answer while it is written as JSON. What it holds is taken from the memory that connections share, so that a client
 * which asks for many large answers at once is refused before they are made.
 */
export class JsonAnswer {
  readonly #memory: FairShare;
  readonly #holder: Holder;
  /** They lie outside of the heap, which large answers would fill. */
  readonly #parts: Buffer[] = [];
  #isReleased = false;

  constructor({ memory, peer }: { memory: FairShare; peer: string }) {
    this.#memory = memory;
    this.#holder = { peer, canEnd: () => false, end: () => {} };
  }

  /** @throws RunnerError RESOURCE_EXHAUSTED when its client has too many answers under way. */
  async write(message: object, turns: Turns): Promise<void> {
    for await (const text of jsonInSlices(message, turns)) {
      // The client has gone meanwhile: what is taken now would never be given back.
      if (this.#isReleased) return;
      const part = Buffer.from(text);
      if (!this.#memory.take(this.#holder, part.length)) throw tooManyAnswers();
      this.#parts.push(part);
    }
  }

  /** Gives its memory back. @returns its parts, which the connection counts from the moment when they are sent. */
  release(): Buffer[] {
    this.#isReleased = true;
    this.#memory.give(this.#holder);
    return this.#parts.splice(0);
  }
}

const tooManyAnswers = () =>
  new RunnerError("RESOURCE_EXHAUSTED", "this client has too many large answers under way; try again when it has taken some", {
    retryAfterMs,
  });
