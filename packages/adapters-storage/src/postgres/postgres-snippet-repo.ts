import {
  checkSnippetKey,
  type Deletion,
  type DeletionCursor,
  deletionAgeOf,
  maxInt64,
  type NewSnippet,
  type Snippet,
  type SnippetId,
  type SnippetKey,
  type SnippetPage,
  type SnippetRepo,
  type UserId,
  unavailable,
} from "@gorunner/core";
import { checkPlace, pageOf, placeOf } from "../pages.js";
import type { PostgresDatabase } from "./postgres-database.js";
import { deletionOf, snippetOf, summaryOf } from "./postgres-rows.js";
import * as sql from "./postgres-statements.js";

/**
 * Snippets in PostgreSQL, in the table that the Go service uses too.
 *
 * Reads are repeated when the connection breaks, and saves as well, as their key makes that safe. A deletion is not: if
 * its answer is lost it is UNAVAILABLE, and the caller sees by trying again whether it has happened.
 */
export class PostgresSnippetRepo implements SnippetRepo {
  readonly #database: Pick<PostgresDatabase, "query" | "deadline">;

  /** @param database with its migrations applied; closing it stays the caller's. */
  constructor(database: Pick<PostgresDatabase, "query" | "deadline">) {
    this.#database = database;
  }

  async save({ key, code, output, error, toolchain, expiresAt, idempotencyKey }: NewSnippet): Promise<Snippet> {
    checkSnippetKey(key);
    const values = [key, code, output, error, toolchain, expiresAt?.toISOString(), idempotencyKey];
    const deadline = this.#database.deadline();
    for (let attempt = 1; attempt <= 3; attempt++) {
      const [inserted] = await this.#database.query({ ...sql.save, values }, deadline);
      const row = inserted ?? (await this.#database.query({ ...sql.findSaved, values: [key, idempotencyKey] }, deadline))[0];
      if (row !== undefined) return snippetOf(row);
      // The snippet that had the key was deleted just before we looked at it, and the key is free again; or the id was taken.
      await this.#stepOverTakenIds(deadline);
    }
    throw unavailable("the PostgreSQL store is unavailable (it takes no new snippet: another row has its id, or breaks an index)");
  }

  async #lastDeletion(deadline: number): Promise<bigint> {
    const [row] = await this.#database.query({ ...sql.lastDeletion, values: [] }, deadline);
    return BigInt(String(row?.["seq"] ?? 0));
  }

  /** Rows that were inserted with ids of their own leave the sequence behind them. Whoever has the right to use it can advance it. */
  async #stepOverTakenIds(deadline: number): Promise<void> {
    for (let count = 1; count <= mostIdsDrawn; count *= 2) {
      const [row] = await this.#database.query({ ...sql.drawIds, values: [count] }, deadline);
      if (row?.["taken"] !== true) return;
    }
    const advice = "select setval(pg_get_serial_sequence('shared_codes', 'id'), max(id)) from shared_codes";
    throw unavailable(`the PostgreSQL store is unavailable (the sequence of ids is far behind the ids in use; run ${advice})`);
  }

  async findById(id: SnippetId): Promise<Snippet | undefined> {
    const [row] = await this.#database.query({ ...sql.findById, values: [id] });
    return row === undefined ? undefined : snippetOf(row);
  }

  async findByKey(key: SnippetKey): Promise<Snippet | undefined> {
    checkSnippetKey(key);
    const [row] = await this.#database.query({ ...sql.findByKey, values: [key] });
    return row === undefined ? undefined : snippetOf(row);
  }

  async delete(id: SnippetId, by: UserId): Promise<boolean> {
    return (await this.#database.query({ ...sql.deleteOne, values: [id, by] })).length === 1;
  }

  async deleteExpired(limit: number, { expiredForMs = 0 }: { expiredForMs?: number } = {}): Promise<SnippetId[]> {
    const rows = await this.#database.query({ ...sql.deleteExpired, values: [limit, expiredForMs] });
    return rows.map((row) => BigInt(String(row["id"])));
  }

  async storedBytes(): Promise<number> {
    const [row] = await this.#database.query({ ...sql.storedBytes, values: [] });
    return Number(row?.["bytes"] ?? 0);
  }

  async list({ after, limit }: { after?: string; limit: number }): Promise<SnippetPage> {
    const largest = after === undefined ? maxInt64 : placeOf(after) - 1n;
    const rows = await this.#database.query({ ...sql.list, values: [largest, limit + 1] });
    return pageOf(rows.map(summaryOf), limit);
  }

  async deletionsSince(
    cursor: DeletionCursor | undefined,
    limit: number,
    { youngerThanMs }: { youngerThanMs?: number } = {},
  ): Promise<{ deletions: Deletion[]; cursor: DeletionCursor }> {
    const deadline = this.#database.deadline();
    if (cursor === undefined) return { deletions: [], cursor: `${await this.#lastDeletion(deadline)}` };
    let seen = cursor === "" ? 0n : placeOf(cursor);
    if (youngerThanMs !== undefined) {
      const [old] = await this.#database.query({ ...sql.lastDeletionBefore, values: [deletionAgeOf(youngerThanMs)] }, deadline);
      if (old !== undefined && BigInt(String(old["seq"])) > seen) seen = BigInt(String(old["seq"]));
    }
    const rows = await this.#database.query({ ...sql.deletionsSince, values: [seen, limit] }, deadline);
    if (rows.length === 0) checkPlace(seen, await this.#lastDeletion(deadline));
    return { deletions: rows.map(deletionOf), cursor: String(rows.at(-1)?.["seq"] ?? seen) };
  }
}

/**
 * At once; about as many again in the rounds before. Drawing them takes some tenths of a second, and a share that is refused then has
 * moved the sequence on by as many.
 */
const mostIdsDrawn = 2 ** 16;
