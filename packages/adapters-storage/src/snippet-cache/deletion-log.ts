import type { Deletion, DeletionCursor, Logger, SnippetRepo } from "@gorunner/core";
import { Availability } from "../availability.js";

/** The store's log of deletions, as caches read it. */
export class DeletionLog {
  readonly #snippets: Pick<SnippetRepo, "deletionsSince">;
  readonly #availability: Availability;

  constructor(options: { snippets: Pick<SnippetRepo, "deletionsSince">; logger: Logger }) {
    this.#snippets = options.snippets;
    this.#availability = new Availability("the log of deletions", options.logger);
  }

  /** The place behind everything that is in the log now. */
  end(): Promise<DeletionCursor> {
    return this.#told(async () => (await this.#snippets.deletionsSince(undefined, 1)).cursor);
  }

  /**
   * Hands everything behind `cursor` to `take`, in parts, each with the place behind it; with `youngerThanMs` no deletion that
   * is older, where those begin the log.
   * @returns the place behind all that was acknowledged when this was called.
   */
  readFrom(
    cursor: DeletionCursor,
    take: (deletions: Deletion[], place: DeletionCursor) => Promise<void> | void,
    need: { youngerThanMs?: number } = {},
  ): Promise<DeletionCursor> {
    return this.#told(async () => {
      for (let at = cursor, first: typeof need | undefined = need; ; first = undefined) {
        const page = await this.#snippets.deletionsSince(at, pageSize, first);
        at = page.cursor;
        if (page.deletions.length > 0) await take(page.deletions, at);
        // The port says so. Reading on until nothing comes would have no end where others delete all the time.
        if (page.deletions.length < pageSize) return at;
      }
    });
  }

  async #told<Result>(read: () => Promise<Result>): Promise<Result> {
    try {
      const result = await read();
      this.#availability.back();
      return result;
    } catch (failure) {
      this.#availability.lost(failure instanceof Error ? failure.message : "unknown");
      throw failure;
    }
  }
}

const pageSize = 1000;
