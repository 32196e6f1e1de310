import type { Snippet, SnippetId } from "../domain/snippet.js";

/**
 * A cache in front of the snippet store.
 *
 * It may forget anything at any time and may be slow or gone: callers lose speed, never correctness.
 * No method rejects; an implementation that can't reach its backend in a short time (well under a second) behaves as
 * if it were empty, and says so in the log when that begins and when it ends, not at each call.
 *
 * **Races.** A read that misses asks the store and then fills, without waiting for the fill; in between, the snippet may be
 * deleted and buried, here or by another server. That fill must change nothing, or a deleted snippet would be readable
 * again. So burying leaves a tombstone where the snippet would be, and looking for it and filling are one step. The
 * tombstone stands for {@link tombstoneTtlMs}, several times as long as a call to the store can take; ids are never reused, so it may. It only
 * refuses fills and says nothing about the store: an id that was buried before it existed is found in the store, and is
 * merely not cached for that time. A fill that comes to a backend when the tombstone may have gone, because something on the
 * way has held it back, is refused as well: by a deadline of its own, on the clock by which tombstones end.
 *
 * Burials come after deletions. A server that dies in between has acknowledged nothing; that its snippet is gone is
 * learnt from the store's log of deletions, as is everything that was buried while a backend was out of reach.
 */
export interface Cache {
  /**
   * @returns the snippet; `"absent"` where it is known that there is none; undefined on a miss, and whenever the backend is
   *   unreachable. A snippet whose `expiresAt` has come is never answered.
   */
  get(id: SnippetId): Promise<Snippet | "absent" | undefined>;
  /** Keeps the snippet for at most `ttlMs` milliseconds, in place of what was kept before, unless `id` was buried. */
  fill(snippet: Snippet, ttlMs: number): Promise<void>;
  /**
   * Remembers for at most `ttlMs` milliseconds that the store knows no such id, unless something is kept for `id` or it
   * was buried: of a save that fills and a read that was too early, the save wins in whatever order they come.
   */
  fillAbsent(id: SnippetId, ttlMs: number): Promise<void>;
  /**
   * Forgets `id` and refuses fills for it until every read that began earlier has ended. When it resolves, no server
   * that shares the backend answers the snippet any more, if the backend could be reached.
   */
  bury(id: SnippetId): Promise<void>;
}

/** How long a tombstone stands at least: a call to the store ends within 5 s, what surrounds it within as much again. */
export const tombstoneTtlMs = 60_000;
