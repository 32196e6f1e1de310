import type { Deletion, Snippet, SnippetSummary } from "@gorunner/core";
import type { SqliteRow } from "./sqlite-database.js";

/** `octet_length` reads a text's length off its record, without the text. */
export const summaryColumns = "id, key, toolchain, expires_at, created_at, octet_length(code) as size_bytes";
export const snippetColumns = `${summaryColumns}, code, output, error`;

export function summaryOf(row: SqliteRow): SnippetSummary {
  return {
    id: BigInt(row["id"] ?? 0),
    key: String(row["key"] ?? ""),
    createdAt: new Date(Number(row["created_at"] ?? 0)),
    sizeBytes: Number(row["size_bytes"] ?? 0),
    ...(typeof row["toolchain"] === "string" ? { toolchain: row["toolchain"] } : {}),
    ...(typeof row["expires_at"] === "bigint" ? { expiresAt: new Date(Number(row["expires_at"])) } : {}),
  };
}

export const snippetOf = (row: SqliteRow): Snippet => ({
  ...summaryOf(row),
  code: String(row["code"] ?? ""),
  output: String(row["output"] ?? ""),
  error: String(row["error"] ?? ""),
});

export const deletionOf = (row: SqliteRow): Deletion => ({
  id: BigInt(row["snippet_id"] ?? 0),
  by: typeof row["deleted_by"] === "bigint" ? row["deleted_by"] : "expiry",
  at: new Date(Number(row["deleted_at"] ?? 0)),
});
