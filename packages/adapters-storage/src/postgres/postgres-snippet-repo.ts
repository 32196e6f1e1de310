import { internal, type NewSnippet, type Snippet, type SnippetId, type SnippetRepo } from "@gorunner/core";
import type { PostgresDatabase, PostgresRow } from "./postgres-database.js";

/** Snippets in PostgreSQL, in the table that the Go service uses too. */
export class PostgresSnippetRepo implements SnippetRepo {
  readonly #database: Pick<PostgresDatabase, "query">;

  /** @param database with its migrations applied; closing it stays the caller's. */
  constructor(database: Pick<PostgresDatabase, "query">) {
    this.#database = database;
  }

  async save({ code, output, error }: NewSnippet): Promise<Snippet> {
    const [row] = await this.#database.query({
      name: "gorunner-save",
      text: `insert into shared_codes (code, output, error, created_at) values ($1, $2, $3, now() at time zone 'UTC') returning ${columns}`,
      values: [code, output, error],
    });
    if (row === undefined) throw internal("PostgreSQL stored a snippet and did not answer it");
    return snippetOf(row);
  }

  async findById(id: SnippetId): Promise<Snippet | undefined> {
    const [row] = await this.#database.query({
      name: "gorunner-find",
      text: `select ${columns} from shared_codes where id = $1::bigint`,
      values: [id],
    });
    return row === undefined ? undefined : snippetOf(row);
  }

  async delete(id: SnippetId): Promise<boolean> {
    const rows = await this.#database.query({
      name: "gorunner-delete",
      text: "delete from shared_codes where id = $1::bigint returning 1",
      values: [id],
    });
    return rows.length === 1;
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

/** Types are fixed here: a statement that was prepared before a migration stays valid after it. */
const columns = "id::bigint as id, code, output, error, extract(epoch from created_at)::float8 * 1000 as created_ms";

function snippetOf(row: PostgresRow): Snippet {
  return {
    // The driver gives an int8 as a string.
    key: "",
    sizeBytes: 0,
    id: BigInt(String(row["id"])),
    code: String(row["code"]),
    output: String(row["output"] ?? ""),
    error: String(row["error"] ?? ""),
    createdAt: dateOf(row["created_ms"]),
  };
}

/** The Go service's rows may have no time, and PostgreSQL knows times that a Date does not: both are 1970. */
function dateOf(value: unknown): Date {
  const date = new Date(typeof value === "number" ? value : 0);
  return Number.isNaN(date.getTime()) ? new Date(0) : date;
}
