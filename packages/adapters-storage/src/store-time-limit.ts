import { type TimeLimit, unavailable } from "@gorunner/core";

/** Bounds a call by the store's own time limit, in which waiting for a cache and for other callers' reads has to fit. */
export class StoreTimeLimit implements TimeLimit {
  readonly #limitMs: number;

  /** @param options.timeoutMs as the store has it. */
  constructor(options: { timeoutMs: number }) {
    // A little less, so that the answer is back when the time is up; a little more than the store takes, as it knows why.
    this.#limitMs = options.timeoutMs * 0.97;
  }

  async hold<Result>(work: (isOver: () => boolean) => Promise<Result>): Promise<Result> {
    let isOver = false;
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        isOver = true;
        reject(unavailable("the store did not answer in time"));
      }, this.#limitMs);
    });
    try {
      return await Promise.race([work(() => isOver), tooLate]);
    } finally {
      clearTimeout(timer);
    }
  }
}
