/** How long a call may take that waits for the store, whatever it waits for. The core has no clock of its own. */
export interface TimeLimit {
  /**
   * Answers what `work` does. When that takes too long, rejects with RunnerError UNAVAILABLE; the work may go on for others
   * who wait for it, but should begin nothing more once `isOver`.
   */
  hold<Result>(work: (isOver: () => boolean) => Promise<Result>): Promise<Result>;
}
