/** A store that is filled past the servers, by SQL: sharing a million snippets through them would run a million programs. */
import { DatabaseSync } from "node:sqlite";
import pg from "pg";

export interface Shelf {
  /** Makes so many snippets more. @returns their ids, none of which anybody has read. */
  add(snippets: number): Promise<bigint[]>;
  /** How many there are, whoever made them. */
  count(): Promise<number>;
  close(): Promise<void>;
}

/** As small as most are, and all alike: what they hold is not what is measured. */
const code = `package main\n\nimport "fmt"\n\nfunc main() {\n\tfmt.Println("Hello stored snippet")\n}\n`;
const output = "Hello stored snippet\n";

/** @param file of a server that has migrated it. */
export function sqliteShelf(file: string): Shelf {
  const database = new DatabaseSync(file, { timeout: 5000 });
  const insert = database.prepare(`
    with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < ?)
    insert into shared_codes (code, output, error, created_at) select ?, ?, '', ? from numbers`);
  const newest = database.prepare("select coalesce(max(id), 0) as id from shared_codes");
  const count = database.prepare("select count(*) as count from shared_codes");
  return {
    async add(snippets) {
      database.exec("begin immediate");
      const first = BigInt(Number(newest.get()?.["id"])) + 1n;
      insert.run(snippets, code, output, Date.now());
      database.exec("commit");
      return Array.from({ length: snippets }, (_, index) => first + BigInt(index));
    },
    count: async () => Number(count.get()?.["count"]),
    async close() {
      database.close();
    },
  };
}

/** @param url of a database that a server has migrated. */
export async function postgresShelf(url: string): Promise<Shelf> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return {
    async add(snippets) {
      const { rows } = await client.query<{ first: string }>(
        `with made as (insert into shared_codes (code, output, error, created_at)
           select $1, $2, '', now() at time zone 'UTC' from generate_series(1, $3::int) returning id)
         select min(id)::text as first from made`,
        [code, output, snippets],
      );
      // What autovacuum would do in its own time.
      await client.query("analyze shared_codes");
      const first = BigInt(rows[0]?.first ?? 0);
      return Array.from({ length: snippets }, (_, index) => first + BigInt(index));
    },
    async count() {
      const { rows } = await client.query<{ count: string }>("select count(*) as count from shared_codes");
      return Number(rows[0]?.count);
    },
    close: () => client.end(),
  };
}
