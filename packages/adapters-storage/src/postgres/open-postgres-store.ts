import type { PostgresLocation } from "../location/store-location.js";
import type { SnippetStore } from "../store.js";
import { PostgresDatabase, type PostgresDatabaseOptions } from "./postgres-database.js";
import { PostgresMigrations } from "./postgres-migrations.js";
import { PostgresSnippetRepo } from "./postgres-snippet-repo.js";

/** Connects to nothing yet: the server may come later than we do. */
export function openPostgresStore(location: PostgresLocation, options: PostgresDatabaseOptions): SnippetStore {
  const database = new PostgresDatabase(location, options);
  const migrations = new PostgresMigrations(database);
  return {
    repo: new PostgresSnippetRepo(database),
    migrations,
    check: () => migrations.check(),
    describe: () => describe(location),
    close: () => database.close(),
  };
}

function describe({ host, port, database, sslMode }: PostgresLocation): string {
  const place = `${host ?? process.env["PGHOST"] ?? "localhost"}:${port ?? process.env["PGPORT"] ?? 5432}`;
  return `PostgreSQL at ${place}${database === undefined ? "" : `, database ${database}`}, sslmode ${sslMode}`;
}
