import { FairShare, type Holder } from "@gorunner/core";

/** The least that a waiting answer counts, so that few wait at once: each look tries them all. */
const leastBytes = 64 * 1024;

/** An answer for which there is no room yet. */
export interface WaitingAnswer {
  peer: string;
  bytes: number;
  /** Aborted when the call ends. */
  signal: AbortSignal;
  /** @returns what is to be called when the answer is taken; undefined while there is no room. */
  keep(): (() => void) | undefined;
  /** Whether its client does not take the answers before it, so that waiting is of no use. */
  isStalled(): boolean;
}

/** Where answers wait for room while their clients take others. They are bounded in memory and in time. */
export class AnswerQueue {
  readonly #share: FairShare;
  readonly #timeoutMs: number;
  readonly #waiting = new Set<() => void>();
  #isLookDue = false;

  constructor({ maxBytes, timeoutMs }: { maxBytes: number; timeoutMs: number }) {
    this.#share = new FairShare({ inAll: maxBytes, perPeer: maxBytes / 2 });
    this.#timeoutMs = timeoutMs;
  }

  /** @returns what {@link WaitingAnswer.keep} does once there is room; undefined: there is none in time. */
  wait(answer: WaitingAnswer): Promise<(() => void) | undefined> {
    const place: Holder = { peer: answer.peer, canEnd: () => false, end: () => {} };
    if (answer.isStalled() || answer.signal.aborted) return Promise.resolve(undefined);
    if (!this.#share.take(place, Math.max(answer.bytes, leastBytes))) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const leave = (taken: (() => void) | undefined) => {
        clearTimeout(late);
        answer.signal.removeEventListener("abort", giveUp);
        this.#waiting.delete(look);
        this.#share.give(place);
        resolve(taken);
      };
      const giveUp = () => leave(undefined);
      const look = () => {
        const taken = answer.keep();
        if (taken !== undefined || answer.isStalled()) leave(taken);
      };
      const late = setTimeout(giveUp, this.#timeoutMs);
      answer.signal.addEventListener("abort", giveUp);
      this.#waiting.add(look);
    });
  }

  /** Looks soon whether there is room now. Not at once: what has just been given back may be taken by who made it so. */
  lookSoon(): void {
    if (this.#isLookDue || this.#waiting.size === 0) return;
    this.#isLookDue = true;
    setImmediate(() => {
      this.#isLookDue = false;
      for (const look of [...this.#waiting]) look();
    });
  }
}
