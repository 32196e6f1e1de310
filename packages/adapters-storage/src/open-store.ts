import { invalidArgument, type Logger } from "@gorunner/core";
import type { StoreLocation } from "./location/store-location.js";
import { openMemoryStore } from "./memory/open-memory-store.js";
import { openPostgresStore } from "./postgres/open-postgres-store.js";
import { openSqliteStore } from "./sqlite/open-sqlite-store.js";
import type { SnippetStore } from "./store.js";

export interface OpenStoreOptions {
  /** The most connections at a time, where there are any. */
  poolSize: number;
  /** The longest that a call to the store may take; longer and it is UNAVAILABLE. */
  timeoutMs: number;
  logger: Logger;
}

/**
 * Opens the store at `location`, its migrations not yet applied. A PostgreSQL server that is down is no reason to fail:
 * the store's calls are UNAVAILABLE until it is there.
 *
 * @throws RunnerError INVALID_ARGUMENT for options that make no sense or files that can't be read; UNAVAILABLE for a SQLite
 *   file that can't be opened.
 */
export async function openStore(location: StoreLocation, options: OpenStoreOptions): Promise<SnippetStore> {
  if (!Number.isInteger(options.poolSize) || options.poolSize < 1) throw invalidArgument("the store's pool needs at least one connection");
  if (!(options.timeoutMs >= 1 && options.timeoutMs < 2 ** 31)) throw invalidArgument("the store's time limit must be at least 1 ms");
  switch (location.kind) {
    case "memory":
      return openMemoryStore();
    case "sqlite":
      return openSqliteStore({ path: location.path, timeoutMs: options.timeoutMs });
    case "postgres":
      return openPostgresStore(location, options);
  }
}
