import type { Deletion, Snippet, SnippetSummary } from "@gorunner/core";
import type { PostgresRow } from "./postgres-database.js";

/**
 * Rows that others wrote may have a NULL in every column but the id: the Go service leaves out output, error and time, and a
 * constraint can be dropped by hand. A NULL text is empty, a NULL time is 1970.
 */

/** The driver gives an int8 as a string. */
const bigintOf = (value: unknown) => BigInt(String(value));
const textOf = (value: unknown) => (typeof value === "string" ? value : "");

export function summaryOf(row: PostgresRow): SnippetSummary {
  return {
    id: bigintOf(row["id"]),
    key: textOf(row["key"]),
    createdAt: dateOf(row["created_ms"]),
    sizeBytes: Number(row["size_bytes"]),
    ...(typeof row["toolchain"] === "string" ? { toolchain: row["toolchain"] } : {}),
    ...(typeof row["expires_ms"] === "number" ? { expiresAt: dateOf(row["expires_ms"]) } : {}),
  };
}

export const snippetOf = (row: PostgresRow): Snippet => ({
  ...summaryOf(row),
  code: textOf(row["code"]),
  output: textOf(row["output"]),
  error: textOf(row["error"]),
});

export const deletionOf = (row: PostgresRow): Deletion => ({
  id: bigintOf(row["snippet_id"]),
  by: row["deleted_by"] === null ? "expiry" : bigintOf(row["deleted_by"]),
  at: dateOf(row["deleted_ms"]),
});

/** PostgreSQL knows times that a Date does not: they are 1970, too. */
function dateOf(value: unknown): Date {
  const date = new Date(typeof value === "number" ? Math.round(value) : 0);
  return Number.isNaN(date.getTime()) ? new Date(0) : date;
}
