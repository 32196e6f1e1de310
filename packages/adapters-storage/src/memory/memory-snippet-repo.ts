import {
  checkSnippetKey,
  type Deletion,
  type DeletionCursor,
  deletionAgeOf,
  deletionTimeAfter,
  maxDeletionAgeMs,
  type NewSnippet,
  type Snippet,
  type SnippetId,
  type SnippetKey,
  type SnippetPage,
  type SnippetRepo,
  storedSizeOf,
  type UserId,
  utf8Length,
} from "@gorunner/core";
import { checkPlace, pageOf, placeOf } from "../pages.js";

interface Stored {
  readonly snippet: Snippet;
  readonly idempotencyKey: string | undefined;
}

/** Snippets in this process, gone with it. For trying things out and for tests. */
export class MemorySnippetRepo implements SnippetRepo {
  /** In the order of their ids. */
  readonly #byId = new Map<SnippetId, Stored>();
  readonly #byKey = new Map<SnippetKey, Stored>();
  readonly #byIdempotencyKey = new Map<string, Stored>();
  readonly #deletions: Deletion[] = [];
  #lastId = 0n;
  #storedBytes = 0;

  async save({ idempotencyKey, ...given }: NewSnippet): Promise<Snippet> {
    checkSnippetKey(given.key);
    const first = (idempotencyKey === undefined ? undefined : this.#byIdempotencyKey.get(idempotencyKey)) ?? this.#byKey.get(given.key);
    if (first !== undefined) return copyOf(first.snippet);
    this.#lastId += 1n;
    const snippet = copyOf({ ...given, id: this.#lastId, createdAt: new Date(), sizeBytes: utf8Length(given.code) });
    const stored = { snippet, idempotencyKey };
    this.#byId.set(snippet.id, stored);
    this.#byKey.set(snippet.key, stored);
    this.#storedBytes += storedSizeOf(snippet);
    if (idempotencyKey !== undefined) this.#byIdempotencyKey.set(idempotencyKey, stored);
    return copyOf(snippet);
  }

  async findById(id: SnippetId): Promise<Snippet | undefined> {
    return alive(this.#byId.get(id));
  }

  async findByKey(key: SnippetKey): Promise<Snippet | undefined> {
    checkSnippetKey(key);
    return alive(this.#byKey.get(key));
  }

  async delete(id: SnippetId, by: UserId): Promise<boolean> {
    const stored = this.#byId.get(id);
    if (stored === undefined || isExpired(stored)) return false;
    this.#remove(stored, by);
    return true;
  }

  async deleteExpired(limit: number, { expiredForMs = 0 }: { expiredForMs?: number } = {}): Promise<SnippetId[]> {
    const nowMs = Date.now() - expiredForMs;
    const expired = [...this.#byId.values()].filter((stored) => isExpired(stored, nowMs)).slice(0, limit);
    for (const stored of expired) this.#remove(stored, "expiry");
    return expired.map(({ snippet }) => snippet.id);
  }

  async storedBytes(): Promise<number> {
    return this.#storedBytes;
  }

  async list({ after, limit }: { after?: string; limit: number }): Promise<SnippetPage> {
    const before = after === undefined ? undefined : placeOf(after);
    const found = [...this.#byId.values()]
      .reverse()
      .filter((stored) => !isExpired(stored) && (before === undefined || stored.snippet.id < before));
    return pageOf(
      found.slice(0, limit + 1).map(({ snippet: { code, output, error, ...summary } }) => structuredClone(summary)),
      limit,
    );
  }

  async deletionsSince(
    cursor: DeletionCursor | undefined,
    limit: number,
    { youngerThanMs = maxDeletionAgeMs }: { youngerThanMs?: number } = {},
  ): Promise<{ deletions: Deletion[]; cursor: DeletionCursor }> {
    if (cursor === undefined) return { deletions: [], cursor: `${this.#deletions.length}` };
    const given = cursor === "" ? 0n : placeOf(cursor);
    checkPlace(given, BigInt(this.#deletions.length));
    const old = this.#deletions.findLastIndex(({ at }) => at.getTime() <= Date.now() - deletionAgeOf(youngerThanMs)) + 1;
    const seen = Math.max(old, Number(given));
    const deletions = structuredClone(this.#deletions.slice(seen, seen + limit));
    return { deletions, cursor: `${seen + deletions.length}` };
  }

  #remove({ snippet, idempotencyKey }: Stored, by: Deletion["by"]): void {
    this.#byId.delete(snippet.id);
    this.#byKey.delete(snippet.key);
    this.#storedBytes -= storedSizeOf(snippet);
    if (idempotencyKey !== undefined) this.#byIdempotencyKey.delete(idempotencyKey);
    this.#deletions.push({ id: snippet.id, by, at: deletionTimeAfter(this.#deletions.at(-1)?.at) });
  }
}

const isExpired = ({ snippet: { expiresAt } }: Stored, nowMs = Date.now()) => expiresAt !== undefined && expiresAt.getTime() <= nowMs;

/** What a caller does to its snippet must not reach ours. */
const copyOf = (snippet: Snippet): Snippet => structuredClone(snippet);

const alive = (stored: Stored | undefined) => (stored === undefined || isExpired(stored) ? undefined : copyOf(stored.snippet));
