/**
 * Turns of the event loop, which belongs to all callers. Work on one caller's long text is done in slices, and waits for
 * its next turn between them.
 */
export interface Turns {
  /** Resolves when other work has had its turn. */
  next(): Promise<void>;
}

/** Never waits; for programs that serve one caller alone. */
export const withoutTurns: Turns = { next: async () => {} };
