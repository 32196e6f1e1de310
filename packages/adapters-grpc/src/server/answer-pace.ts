/** `unknown`: nothing of it was to be taken for long enough. */
export type Pace = "unknown" | "taking" | "stalled";

/** A client that would take longer than this for all that waits for it is taken for one that does not read. */
const allWithinMs = 10_000;

/** Whether a client takes the answers that wait for it. It is looked at every so often. */
export class AnswerPace {
  #pace: Pace = "unknown";
  #last: Look | undefined;

  get current(): Pace {
    return this.#pace;
  }

  look(now: Look): void {
    const last = this.#last;
    this.#last = now;
    if (last === undefined || last.untakenBytes === 0) this.#pace = "unknown";
    else {
      const due = (Math.min(last.untakenBytes, now.untakenBytes) * (now.atMs - last.atMs)) / allWithinMs;
      this.#pace = now.sentBytes - last.sentBytes >= due ? "taking" : "stalled";
    }
  }
}

interface Look {
  atMs: number;
  /** Answers that are not taken yet. */
  untakenBytes: number;
  /** All that the server has sent on the connection. */
  sentBytes: number;
}
