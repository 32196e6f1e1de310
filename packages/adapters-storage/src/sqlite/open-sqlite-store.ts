import type { SnippetStore } from "../store.js";
import { SqliteDatabase } from "./sqlite-database.js";
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
      await migrations.check();
    },
    describe: () => `SQLite file ${database.path}`,
    close: async () => database.close(),
  };
}
