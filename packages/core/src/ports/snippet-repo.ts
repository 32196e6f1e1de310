import type { NewSnippet, Snippet, SnippetId } from "../domain/snippet.js";

/**
 * Durable snippets. Ids are positive int64, assigned once, growing, and never reused, also not after a deletion.
 *
 * Every method rejects with RunnerError UNAVAILABLE when the store can't be reached or does not answer in its time
 * (at most 5 s, retries included); nothing else is thrown for valid input.
 */
export interface SnippetRepo {
  /** Stores the snippet durably before it resolves. */
  save(snippet: NewSnippet): Promise<Snippet>;
  /** @returns undefined when no such id exists or it was deleted. */
  findById(id: SnippetId): Promise<Snippet | undefined>;
  /** @returns whether a snippet was deleted by this call; of two racing calls exactly one sees true. */
  delete(id: SnippetId): Promise<boolean>;
}
