import {
  checkSnippetKey,
  type Deletion,
  type DeletionCursor,
  deletionAgeOf,
  internal,
  maxInt64,
  mostAheadMs,
  type NewSnippet,
  type Snippet,
  type SnippetId,
  type SnippetKey,
  type SnippetPage,
  type SnippetRepo,
  type UserId,
} from "@gorunner/core";
import { checkPlace, pageOf, placeOf } from "../pages.js";
import type { SqliteDatabase, SqliteRow, SqliteValue } from "./sqlite-database.js";
import { deletionOf, snippetColumns, snippetOf, summaryColumns, summaryOf } from "./sqlite-rows.js";

/** Snippets in a SQLite file, on the disk before `save` resolves. */
export class SqliteSnippetRepo implements SnippetRepo {
  readonly #database: SqliteDatabase;

  /** @param database with its migrations applied; closing it stays the caller's. */
  constructor(database: SqliteDatabase) {
    this.#database = database;
  }

  async save({ key, code, output, error, toolchain, expiresAt, idempotencyKey }: NewSnippet): Promise<Snippet> {
    checkSnippetKey(key);
    const values = [key, code, output, error, toolchain, expiresAt?.getTime(), idempotencyKey, Date.now()];
    // One transaction: nobody deletes the snippet that has the key before we look at it.
    return this.#database.transaction((connection) => {
      const rowOf = (sql: string, ...given: (SqliteValue | undefined)[]) =>
        (connection.prepare(sql).all(...given.map((value) => value ?? null)) as SqliteRow[])[0];
      const row = rowOf(insert, ...values) ?? rowOf(findSaved, key, idempotencyKey);
      if (row === undefined) throw internal("SQLite refuses a snippet for a key that it does not have");
      return snippetOf(row);
    });
  }

  async findById(id: SnippetId): Promise<Snippet | undefined> {
    const row = await this.#database.first(`select ${snippetColumns} from shared_codes where id = ? and ${isAlive}`, id, Date.now());
    return row === undefined ? undefined : snippetOf(row);
  }

  async findByKey(key: SnippetKey): Promise<Snippet | undefined> {
    checkSnippetKey(key);
    const row = await this.#database.first(`select ${snippetColumns} from shared_codes where key = ? and ${isAlive}`, key, Date.now());
    return row === undefined ? undefined : snippetOf(row);
  }

  delete(id: SnippetId, by: UserId): Promise<boolean> {
    const now = Date.now();
    return this.#database.transaction((connection) => {
      const { changes } = connection.prepare(`delete from shared_codes where id = ? and ${isAlive}`).run(id, now);
      if (changes === 1) connection.prepare(log).run(id, by, now);
      return changes === 1;
    });
  }

  deleteExpired(limit: number, { expiredForMs = 0 }: { expiredForMs?: number } = {}): Promise<SnippetId[]> {
    const now = Date.now();
    return this.#database.transaction((connection) => {
      const rows = connection.prepare(deleteExpired).all(Math.floor(now - expiredForMs), limit) as { id: bigint }[];
      for (const { id } of rows) connection.prepare(log).run(id, null, now);
      return rows.map(({ id }) => id);
    });
  }

  async storedBytes(): Promise<number> {
    const row = await this.#database.first("select bytes from gorunner_stored_bytes");
    return Number(row?.["bytes"] ?? 0);
  }

  async list({ after, limit }: { after?: string; limit: number }): Promise<SnippetPage> {
    const largest = after === undefined ? maxInt64 : placeOf(after) - 1n;
    return pageOf((await this.#database.all(list, largest, Date.now(), limit + 1)).map(summaryOf), limit);
  }

  async deletionsSince(
    cursor: DeletionCursor | undefined,
    limit: number,
    { youngerThanMs }: { youngerThanMs?: number } = {},
  ): Promise<{ deletions: Deletion[]; cursor: DeletionCursor }> {
    if (cursor === undefined) return { deletions: [], cursor: `${await this.#lastDeletion()}` };
    let seen = cursor === "" ? 0n : placeOf(cursor);
    if (youngerThanMs !== undefined) {
      const old = await this.#database.first(lastDeletionBefore, Math.ceil(Date.now() - deletionAgeOf(youngerThanMs)));
      if (typeof old?.["seq"] === "bigint" && old["seq"] > seen) seen = old["seq"];
    }
    const rows = await this.#database.all(deletionsSince, seen, limit);
    if (rows.length === 0) checkPlace(seen, await this.#lastDeletion());
    return { deletions: rows.map(deletionOf), cursor: String(rows.at(-1)?.["seq"] ?? seen) };
  }

  async #lastDeletion(): Promise<bigint> {
    const row = await this.#database.first("select coalesce(max(seq), 0) as seq from gorunner_deletions");
    return BigInt(row?.["seq"] ?? 0);
  }
}

const isAlive = "(expires_at is null or expires_at > ?)";

/** A key that is taken, of either kind, changes nothing and answers nothing. */
const insert = `insert into shared_codes (key, code, output, error, toolchain, expires_at, idempotency_key, created_at)
  values (?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing returning ${snippetColumns}`;

const findSaved = `select ${snippetColumns} from shared_codes where key = ?1 or idempotency_key = ?2
  order by idempotency_key is ?2 desc limit 1`;

const list = `select ${summaryColumns} from shared_codes where id <= ? and ${isAlive} order by id desc limit ?`;

/** As {@link deletionTimeAfter} says. */
const timeAfterLast = `max(?3, min(?3 + ${mostAheadMs}, coalesce((select deleted_at from gorunner_deletions order by seq desc limit 1), 0)))`;

/** One writer at a time: numbers are in the order in which transactions end. */
const log = `insert into gorunner_deletions (snippet_id, deleted_by, deleted_at) values (?1, ?2, ${timeAfterLast})`;
const deleteExpired = `delete from shared_codes where id in (
  select id from shared_codes where expires_at <= ? order by expires_at limit ?) returning id`;
/** From the log's end, no further than young deletions reach. */
const lastDeletionBefore = "select seq from gorunner_deletions where deleted_at <= ? order by seq desc limit 1";
const deletionsSince = "select seq, snippet_id, deleted_by, deleted_at from gorunner_deletions where seq > ? order by seq limit ?";
