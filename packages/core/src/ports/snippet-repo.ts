import type { deletionTimeAfter, maxDeletionAgeMs } from "../domain/deletion-times.js";
import type { Deletion, NewSnippet, Snippet, SnippetId, SnippetKey, SnippetSummary, UserId } from "../domain/snippet.js";

/**
 * Durable snippets. Ids are positive int64, assigned once, growing, and never reused, also not after a deletion.
 *
 * A snippet that has expired, by the store's clock, is as if it were not there, whether it was swept already or not.
 *
 * Every method rejects with RunnerError UNAVAILABLE when the store can't be reached, is full, or does not answer in its
 * time (at most 5 s, retries included); INVALID_ARGUMENT for a cursor that it did not make and for a key that
 * {@link checkSnippetKey} refuses; nothing else is thrown for valid input. A `limit` is an integer from 1 to {@link maxPageSize}.
 */
export interface SnippetRepo {
  /**
   * Stores the snippet durably before it resolves.
   *
   * One request makes one snippet: a save with the `key` or the `idempotencyKey` of a snippet that is stored answers
   * that snippet as it was stored first, expired or not, and stores nothing; of racing ones too. So a save whose answer
   * was lost may be repeated. An idempotency key is remembered as long as its snippet is stored. Where both keys are
   * known, the idempotency key decides.
   */
  save(snippet: NewSnippet): Promise<Snippet>;
  /** @returns undefined when no such id exists, it was deleted, or it has expired. */
  findById(id: SnippetId): Promise<Snippet | undefined>;
  /** @returns the snippet with that public key; undefined as for {@link findById}. Keys are told apart by case. */
  findByKey(key: SnippetKey): Promise<Snippet | undefined>;
  /**
   * Deletes the snippet and writes who did it into the log of deletions, both or neither.
   * @returns whether a snippet was deleted by this call; of two racing calls exactly one sees true.
   */
  delete(id: SnippetId, by: UserId): Promise<boolean>;
  /**
   * Deletes at most `limit` snippets that have expired, as {@link delete} does, in the name of `expiry`.
   * Several callers may do so at once: each snippet is told to one of them, and logged once.
   * @param need.expiredForMs leaves those that have expired more recently, by the store's clock; 0 unless given.
   * @returns the ids of those that this call deleted; fewer than `limit` when no more are left or others sweep as well.
   */
  deleteExpired(limit: number, need?: { expiredForMs?: number }): Promise<SnippetId[]>;
  /**
   * What all snippets that are stored take, those included that have expired and were not swept yet: the sum of
   * {@link storedSizeOf} of each. It is kept with every change, also with those that others make in the same store, and so is
   * answered at once, however many there are; a change counts when it is acknowledged.
   */
  storedBytes(): Promise<number>;
  /**
   * A page of what is stored, the newest first, without texts. Of what was there before the first page and stays none
   * is left out, and nothing is told twice.
   * @param page.after the `next` of the page before; the first page without it.
   */
  list(page: { after?: string; limit: number }): Promise<SnippetPage>;
  /**
   * The log of deletions, the oldest first, for caches that may have missed some and for audits.
   *
   * Whoever goes on from the cursor of each answer sees every deletion that was not acknowledged before the first
   * cursor was given: none is skipped, whatever was under way at the same time, and none is told twice. A deletion is
   * in the log when its `delete` resolves, and is told the same each time.
   *
   * An answer of fewer than `limit` has come to the end of the log as it is while it is read.
   *
   * @param cursor undefined for now: no deletions, and the cursor behind all that are in the log. `""` for the beginning. One that
   *   lies behind the log's end is none that this store made, and so INVALID_ARGUMENT: it is of a store that stood in its place.
   * @param need.youngerThanMs for who can't need older ones, however far back the cursor is: begins behind the last deletion
   *   that is older, by the store's clock. From 0 to {@link maxDeletionAgeMs}, which is all; what is outside is the nearest of
   *   both, what is no number all. Times are those of {@link deletionTimeAfter}, in the order of the log, also where the store's
   *   clock was set back; but for deletions at once, by as much as a call may take.
   */
  deletionsSince(
    cursor: DeletionCursor | undefined,
    limit: number,
    need?: { youngerThanMs?: number },
  ): Promise<{ deletions: Deletion[]; cursor: DeletionCursor }>;
}

export interface SnippetPage {
  snippets: SnippetSummary[];
  /** Where the next page begins; undefined on the last. Opaque. */
  next?: string;
}

/** A place in the log of deletions. Opaque, and valid as long as the store is. */
export type DeletionCursor = string;
