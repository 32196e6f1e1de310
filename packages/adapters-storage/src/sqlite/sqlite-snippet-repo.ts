import { internal, type NewSnippet, type Snippet, type SnippetId, type SnippetRepo } from "@gorunner/core";
import type { SqliteDatabase, SqliteRow } from "./sqlite-database.js";

/** Snippets in a SQLite file, on the disk before `save` resolves. */
export class SqliteSnippetRepo implements SnippetRepo {
  readonly #database: SqliteDatabase;

  /** @param database with its migrations applied; closing it stays the caller's. */
  constructor(database: SqliteDatabase) {
    this.#database = database;
  }

  async save({ code, output, error }: NewSnippet): Promise<Snippet> {
    const row = await this.#database.first(
      `insert into shared_codes (code, output, error, created_at) values (?, ?, ?, ?) returning ${columns}`,
      code,
      output,
      error,
      Date.now(),
    );
    if (row === undefined) throw internal("SQLite stored a snippet and did not answer it");
    return snippetOf(row);
  }

  async findById(id: SnippetId): Promise<Snippet | undefined> {
    const row = await this.#database.first(`select ${columns} from shared_codes where id = ?`, id);
    return row === undefined ? undefined : snippetOf(row);
  }

  async delete(id: SnippetId): Promise<boolean> {
    return (await this.#database.changes("delete from shared_codes where id = ?", id)) === 1;
  }

  findByKey(): Promise<undefined> {
    throw internal("not here yet");
  }

  deleteExpired(): Promise<[]> {
    throw internal("not here yet");
  }

  list(): Promise<{ snippets: [] }> {
    throw internal("not here yet");
  }

  deletionsSince(): Promise<{ deletions: []; cursor: string }> {
    throw internal("not here yet");
  }
}

const columns = "id, code, output, error, created_at";

function snippetOf(row: SqliteRow): Snippet {
  return {
    key: "",
    sizeBytes: 0,
    id: BigInt(row["id"] ?? 0),
    code: String(row["code"] ?? ""),
    output: String(row["output"] ?? ""),
    error: String(row["error"] ?? ""),
    createdAt: new Date(Number(row["created_at"] ?? 0)),
  };
}
