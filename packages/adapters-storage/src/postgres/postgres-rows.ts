import type { Deletion, Snippet, SnippetSummary } from "@gorunner/core";
import type { PostgresRow } from "./postgres-database.js";

/** The driver gives an int8 as a string. */
const bigintOf = (value: unknown) => BigInt(String(value));

export function summaryOf(row: PostgresRow): SnippetSummary {
  return {
    id: bigintOf(row["id"]),
    key: String(row["key"]),
    createdAt: dateOf(row["created_ms"]),
    sizeBytes: Number(row["size_bytes"]),
    ...(typeof row["toolchain"] === "string" ? { toolchain: row["toolchain"] } : {}),
    ...(typeof row["expires_ms"] === "number" ? { expiresAt: dateOf(row["expires_ms"]) } : {}),
  };
}

/** The Go service's rows may have no output and no error: both are empty then. */
export const snippetOf = (row: PostgresRow): Snippet => ({
  ...summaryOf(row),
  code: String(row["code"]),
  output: String(row["output"] ?? ""),
  error: String(row["error"] ?? ""),
});

export const deletionOf = (row: PostgresRow): Deletion => ({
  id: bigintOf(row["snippet_id"]),
  by: row["deleted_by"] === null ? "expiry" : bigintOf(row["deleted_by"]),
  at: dateOf(row["deleted_ms"]),
});

/** The Go service's rows may have no time, and PostgreSQL knows times that a Date does not: both are 1970. */
function dateOf(value: unknown): Date {
  const date = new Date(typeof value === "number" ? Math.round(value) : 0);
  return Number.isNaN(date.getTime()) ? new Date(0) : date;
}
