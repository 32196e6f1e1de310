import type {
  Deletion,
  DeletionCursor,
  NewSnippet,
  Snippet,
  SnippetId,
  SnippetKey,
  SnippetPage,
  SnippetRepo,
  SnippetSummary,
  UserId,
} from "@gorunner/core";
import {
  checkSnippetKey,
  deletionAgeOf,
  deletionTimeAfter,
  invalidArgument,
  maxDeletionAgeMs,
  storedSizeOf,
  utf8Length,
} from "@gorunner/core";

/** The least that keeps every rule of {@link SnippetRepo}: for tests of what stands before a store, and to compare with. */
export class InMemorySnippetRepo implements SnippetRepo {
  readonly #stored: { snippet: Snippet; idempotencyKey: string | undefined }[] = [];
  readonly #deletions: Deletion[] = [];
  #nextId: SnippetId;

  constructor(options: { firstId?: SnippetId } = {}) {
    this.#nextId = options.firstId ?? 1n;
  }

  async save({ idempotencyKey, ...snippet }: NewSnippet): Promise<Snippet> {
    checkSnippetKey(snippet.key);
    const first =
      (idempotencyKey === undefined ? undefined : this.#stored.find((stored) => stored.idempotencyKey === idempotencyKey)) ??
      this.#stored.find((stored) => stored.snippet.key === snippet.key);
    if (first !== undefined) return structuredClone(first.snippet);
    const saved = { ...structuredClone(snippet), id: this.#nextId++, createdAt: new Date(), sizeBytes: utf8Length(snippet.code) };
    this.#stored.push({ snippet: saved, idempotencyKey });
    return structuredClone(saved);
  }

  async findById(id: SnippetId): Promise<Snippet | undefined> {
    return structuredClone(this.#alive().find((snippet) => snippet.id === id));
  }

  async findByKey(key: SnippetKey): Promise<Snippet | undefined> {
    checkSnippetKey(key);
    return structuredClone(this.#alive().find((snippet) => snippet.key === key));
  }

  async delete(id: SnippetId, by: UserId): Promise<boolean> {
    return this.#alive().some((snippet) => snippet.id === id) && this.#remove(id, by);
  }

  async deleteExpired(limit: number, { expiredForMs = 0 }: { expiredForMs?: number } = {}): Promise<SnippetId[]> {
    const alive = this.#alive(Date.now() - expiredForMs);
    const expired = this.#stored.flatMap(({ snippet }) => (alive.includes(snippet) ? [] : [snippet.id])).slice(0, limit);
    for (const id of expired) this.#remove(id, "expiry");
    return expired;
  }

  async storedBytes(): Promise<number> {
    return this.#stored.reduce((sum, { snippet }) => sum + storedSizeOf(snippet), 0);
  }

  async list({ after, limit }: { after?: string; limit: number }): Promise<SnippetPage> {
    const below = after === undefined ? undefined : numberIn(after);
    const rest = this.#alive()
      .filter(({ id }) => below === undefined || id < below)
      .reverse();
    const snippets = structuredClone(rest.slice(0, limit)).map(summaryOf);
    const last = snippets.at(-1);
    return rest.length > limit && last !== undefined ? { snippets, next: `${last.id}` } : { snippets };
  }

  async deletionsSince(
    cursor: DeletionCursor | undefined,
    limit: number,
    { youngerThanMs = maxDeletionAgeMs }: { youngerThanMs?: number } = {},
  ): Promise<{ deletions: Deletion[]; cursor: DeletionCursor }> {
    if (cursor === undefined) return { deletions: [], cursor: `${this.#deletions.length}` };
    const old = this.#deletions.findLastIndex(({ at }) => at.getTime() <= Date.now() - deletionAgeOf(youngerThanMs)) + 1;
    const given = cursor === "" ? 0n : numberIn(cursor);
    if (given > this.#deletions.length) throw notOurs();
    const seen = Math.max(old, Number(given));
    const deletions = structuredClone(this.#deletions.slice(seen, seen + limit));
    return { deletions, cursor: `${seen + deletions.length}` };
  }

  #alive(now = Date.now()): Snippet[] {
    return this.#stored.map(({ snippet }) => snippet).filter(({ expiresAt }) => expiresAt === undefined || expiresAt.getTime() > now);
  }

  #remove(id: SnippetId, by: Deletion["by"]): true {
    this.#stored.splice(
      this.#stored.findIndex(({ snippet }) => snippet.id === id),
      1,
    );
    this.#deletions.push({ id, by, at: deletionTimeAfter(this.#deletions.at(-1)?.at) });
    return true;
  }
}

const summaryOf = ({ code, output, error, ...summary }: Snippet): SnippetSummary => summary;

function numberIn(cursor: string): bigint {
  if (!/^\d{1,19}$/.test(cursor)) throw notOurs();
  return BigInt(cursor);
}

const notOurs = () => invalidArgument("the cursor is not one of this store's");
