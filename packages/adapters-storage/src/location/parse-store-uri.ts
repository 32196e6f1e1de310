import { invalidArgument } from "@gorunner/core";
import { splitKeywordDsn } from "./keyword-dsn.js";
import { postgresLocation } from "./postgres-keywords.js";
import { splitPostgresUrl } from "./postgres-url.js";
import type { StoreLocation } from "./store-location.js";

/**
 * Reads the `db_uri` setting: `memory:`, `sqlite:PATH`, `postgres://…` (also `postgresql://…`), or libpq's keywords
 * (`host=… user=… password=… dbname=… sslmode=…`).
 *
 * @throws RunnerError INVALID_ARGUMENT that says what is wrong and quotes no part of the address but a keyword.
 */
export function parseStoreUri(dbUri: string): StoreLocation {
  const uri = dbUri.trim();
  if (uri === "memory:") return { kind: "memory" };
  if (uri.startsWith("sqlite:")) return { kind: "sqlite", path: sqlitePath(uri.slice("sqlite:".length)) };
  if (/^postgres(ql)?:\/\//.test(uri)) return postgresLocation(splitPostgresUrl(uri));
  if (/^\w+\s*=/.test(uri)) return postgresLocation(splitKeywordDsn(uri));
  throw invalidArgument("the database's address must be memory:, sqlite:PATH, postgres://… or keywords such as host=… dbname=…");
}

function sqlitePath(path: string): string {
  if (path === "") throw invalidArgument("sqlite: needs the path of a file, as in sqlite:/var/lib/gorunner/runner.db");
  // Elsewhere `sqlite:///x` means a relative path here and an absolute one there.
  if (path.startsWith("//")) throw invalidArgument("a path follows sqlite: directly, without //, as in sqlite:/var/lib/gorunner/runner.db");
  if (path === ":memory:") throw invalidArgument("a store in memory is written memory:");
  if (path.includes("\0")) throw invalidArgument("the path after sqlite: contains a NUL");
  if (path.endsWith("/")) throw invalidArgument("the path after sqlite: must name a file, not a directory");
  return path;
}
