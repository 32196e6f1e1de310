import type { Snippet, SnippetId } from "../domain/snippet.js";

/**
 * A cache in front of the snippet store.
 *
 * It may forget anything at any time and may be slow or gone: callers lose speed, never correctness.
 * No method rejects; an implementation that can't reach its backend in a short time (well under a second) behaves as
 * if it were empty, and says so in the log when that begins and when it ends, not at each call.
 */
export interface Cache {
  /** @returns undefined on a miss, and whenever the backend is unreachable. */
  get(id: SnippetId): Promise<Snippet | undefined>;
  /** Keeps the snippet for at most `ttlMs` milliseconds. */
  fill(snippet: Snippet, ttlMs: number): Promise<void>;
  /** Forgets `id`, for every process that shares the backend. */
  bury(id: SnippetId): Promise<void>;
}
