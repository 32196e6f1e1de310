/** What the disk allows an embedded database: one row, one transaction, again and again, by Node's own SQLite. */
import { DatabaseSync } from "node:sqlite";

export class SqliteCommits {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  /** Each commit is synced, as our store's are. Holds the thread for so long. */
  perSecond(forMs: number): number {
    const database = new DatabaseSync(this.#file);
    try {
      database.exec(
        "pragma journal_mode = wal; pragma synchronous = full; create table if not exists lines (id integer primary key, text text)",
      );
      const insert = database.prepare("insert into lines (text) values (?)");
      const text = "x".repeat(200);
      const start = performance.now();
      let commits = 0;
      for (; performance.now() - start < forMs; commits++) insert.run(text);
      return (1000 * commits) / (performance.now() - start);
    } finally {
      database.close();
    }
  }
}
