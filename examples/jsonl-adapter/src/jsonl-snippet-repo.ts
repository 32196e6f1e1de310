import {
  checkSnippetKey,
  type Deletion,
  deletionAgeOf,
  deletionTimeAfter,
  invalidArgument,
  maxDeletionAgeMs,
  type NewSnippet,
  type Snippet,
  type SnippetId,
  type SnippetPage,
  type SnippetRepo,
  storedSizeOf,
  type UserId,
  unavailable,
  utf8Length,
} from "@gorunner/core";
import { type Event, fromLine, toLine } from "./events.js";
import { Journal } from "./journal.js";

/** Snippets in one file of JSON lines, for one process. All of them are in memory, too. */
export class JsonlSnippetRepo implements SnippetRepo {
  #journal: Journal | undefined;
  /** In the order of their ids. */
  readonly #stored = new Map<SnippetId, { snippet: Snippet; idempotencyKey: string | undefined }>();
  readonly #idByKey = new Map<string, SnippetId>();
  readonly #idByIdempotencyKey = new Map<string, SnippetId>();
  readonly #deletions: Deletion[] = [];
  #lastId = 0n;
  #storedBytes = 0;
  /** Changes are made one after the other, each on what the one before has left. */
  #lastChange: Promise<unknown> = Promise.resolve();

  private constructor() {}

  static async open(path: string): Promise<JsonlSnippetRepo> {
    const repo = new JsonlSnippetRepo();
    repo.#journal = await Journal.open(path, (line) => repo.#apply(fromLine(line)));
    return repo;
  }

  /** From now on every call is UNAVAILABLE. */
  async close(): Promise<void> {
    await this.#change(async (journal) => {
      this.#journal = undefined;
      await journal.close();
    });
  }

  async save({ idempotencyKey, ...given }: NewSnippet): Promise<Snippet> {
    checkSnippetKey(given.key);
    return this.#change(async (journal) => {
      const known = (idempotencyKey && this.#idByIdempotencyKey.get(idempotencyKey)) || this.#idByKey.get(given.key);
      const first = known && this.#stored.get(known);
      if (first) return structuredClone(first.snippet);
      const snippet = structuredClone({ ...given, id: this.#lastId + 1n, createdAt: new Date(), sizeBytes: utf8Length(given.code) });
      await this.#record(journal, { saved: snippet, ...(idempotencyKey === undefined ? {} : { idempotencyKey }) });
      return structuredClone(snippet);
    });
  }

  async findById(id: SnippetId): Promise<Snippet | undefined> {
    this.#opened();
    const found = this.#stored.get(id)?.snippet;
    return found === undefined || isExpired(found) ? undefined : structuredClone(found);
  }

  async findByKey(key: string): Promise<Snippet | undefined> {
    checkSnippetKey(key);
    return this.findById(this.#idByKey.get(key) ?? 0n);
  }

  delete(id: SnippetId, by: UserId): Promise<boolean> {
    return this.#change(async (journal) => {
      if ((await this.findById(id)) === undefined) return false;
      await this.#record(journal, { deleted: { id, by, at: deletionTimeAfter(this.#deletions.at(-1)?.at) } });
      return true;
    });
  }

  deleteExpired(limit: number, { expiredForMs = 0 }: { expiredForMs?: number } = {}): Promise<SnippetId[]> {
    return this.#change(async (journal) => {
      const nowMs = Date.now() - expiredForMs;
      const expired = [...this.#stored.values()].map(({ snippet }) => snippet).filter((snippet) => isExpired(snippet, nowMs));
      const ids = expired.slice(0, limit).map(({ id }) => id);
      for (const id of ids)
        await this.#record(journal, { deleted: { id, by: "expiry", at: deletionTimeAfter(this.#deletions.at(-1)?.at) } });
      return ids;
    });
  }

  async storedBytes(): Promise<number> {
    this.#opened();
    return this.#storedBytes;
  }

  async list({ after, limit }: { after?: string; limit: number }): Promise<SnippetPage> {
    this.#opened();
    const below = after === undefined ? undefined : numberIn(after);
    const snippets = [];
    for (const { snippet } of [...this.#stored.values()].reverse()) {
      if (isExpired(snippet) || (below !== undefined && snippet.id >= below)) continue;
      // There is one more than fits: the next page begins behind the last of this one.
      if (snippets.length === limit) return { snippets, next: `${snippets.at(-1)?.id}` };
      const { code, output, error, ...summary } = structuredClone(snippet);
      snippets.push(summary);
    }
    return { snippets };
  }

  async deletionsSince(cursor: string | undefined, limit: number, need: { youngerThanMs?: number } = {}) {
    this.#opened();
    if (cursor === undefined) return { deletions: [], cursor: `${this.#deletions.length}` };
    const ageMs = deletionAgeOf(need.youngerThanMs ?? maxDeletionAgeMs);
    const old = this.#deletions.findLastIndex(({ at }) => at.getTime() <= Date.now() - ageMs) + 1;
    const given = cursor === "" ? 0 : Number(numberIn(cursor));
    // Of a longer log: of another store.
    if (given > this.#deletions.length) throw invalidArgument("the cursor is not one of this store's");
    const seen = Math.max(old, given);
    const deletions = structuredClone(this.#deletions.slice(seen, seen + limit));
    return { deletions, cursor: `${seen + deletions.length}` };
  }

  /** Runs `work` when all changes before it have ended, well or not. */
  #change<Result>(work: (journal: Journal) => Promise<Result>): Promise<Result> {
    const change = this.#lastChange.then(() => work(this.#opened()));
    this.#lastChange = change.catch(() => {});
    return change;
  }

  /** On the disk first, then in memory: who reads never sees what could still be lost. */
  async #record(journal: Journal, event: Event): Promise<void> {
    try {
      await journal.append(toLine(event));
    } catch (error) {
      throw unavailable("the snippets can't be written", error);
    }
    this.#apply(event);
  }

  #apply(event: Event): void {
    if ("saved" in event) {
      const { saved: snippet, idempotencyKey } = event;
      this.#lastId = snippet.id;
      this.#storedBytes += storedSizeOf(snippet);
      this.#stored.set(snippet.id, { snippet, idempotencyKey });
      this.#idByKey.set(snippet.key, snippet.id);
      if (idempotencyKey !== undefined) this.#idByIdempotencyKey.set(idempotencyKey, snippet.id);
      return;
    }
    const { id } = event.deleted;
    const gone = this.#stored.get(id);
    this.#deletions.push(event.deleted);
    this.#stored.delete(id);
    if (gone === undefined) return;
    this.#storedBytes -= storedSizeOf(gone.snippet);
    this.#idByKey.delete(gone.snippet.key);
    if (gone.idempotencyKey !== undefined) this.#idByIdempotencyKey.delete(gone.idempotencyKey);
  }

  #opened(): Journal {
    if (this.#journal === undefined) throw unavailable("the snippets' file is closed");
    return this.#journal;
  }
}

const isExpired = ({ expiresAt }: Snippet, nowMs = Date.now()) => expiresAt !== undefined && expiresAt.getTime() <= nowMs;

function numberIn(cursor: string): bigint {
  if (!/^\d{1,19}$/.test(cursor)) throw invalidArgument("the cursor is not one of this store's");
  return BigInt(cursor);
}
