import { type Deletion, type DeletionCursor, type Logger, RunnerError, type SnippetRepo } from "@gorunner/core";
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
  async end(): Promise<DeletionCursor> {
    return (await this.#page(undefined, 1)).cursor;
  }

  /**
   * Hands everything behind `cursor` to `take`, in parts, each with the place behind it; with `youngerThanMs` no deletion that
   * is older, where those begin the log. Where `take` throws, reading ends.
   * @returns the place behind all that was acknowledged when this was called.
   */
  async readFrom(
    cursor: DeletionCursor,
    take: (deletions: Deletion[], place: DeletionCursor) => Promise<void> | void,
    need: { youngerThanMs?: number } = {},
  ): Promise<DeletionCursor> {
    for (let at = cursor, first: typeof need | undefined = need; ; first = undefined) {
      const page = await this.#page(at, pageSize, first);
      at = page.cursor;
      if (page.deletions.length > 0) await take(page.deletions, at);
      // The port says so. Reading on until nothing comes would have no end where others delete all the time.
      if (page.deletions.length < pageSize) return at;
    }
  }

  async #page(...asked: Parameters<SnippetRepo["deletionsSince"]>) {
    try {
      const page = await this.#snippets.deletionsSince(...asked);
      this.#availability.back();
      return page;
    } catch (failure) {
      // A place that is not one of the log's says nothing about the store.
      if (!isNoPlace(failure)) this.#availability.lost(failure instanceof Error ? failure.message : "unknown");
      throw failure;
    }
  }
}

/** Whether the store has refused a place because it did not make it. */
export const isNoPlace = (failure: unknown) => failure instanceof RunnerError && failure.code === "INVALID_ARGUMENT";

const pageSize = 1000;
