import { unavailable } from "@gorunner/core";
import type { SnippetStore } from "../store.js";
import { SqliteDatabase } from "./sqlite-database.js";
import { notMigrated } from "./sqlite-errors.js";
import { SqliteMigrations } from "./sqlite-migrations.js";
import { SqliteSnippetRepo } from "./sqlite-snippet-repo.js";

export async function openSqliteStore(options: { path: string; timeoutMs: number }): Promise<SnippetStore> {
  const database = await SqliteDatabase.open(options);
  const migrations = new SqliteMigrations(database);
  return {
    repo: new SqliteSnippetRepo(database),
    migrations,
    async check() {
      database.checkFile();
      const status = await migrations.status();
      if (status.some(({ appliedAt }) => appliedAt === undefined)) throw unavailable(`the SQLite store is unavailable (${notMigrated})`);
    },
    describe: () => `SQLite file ${database.path}`,
    close: async () => database.close(),
  };
}
