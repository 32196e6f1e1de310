import type { SnippetStore } from "@gorunner/adapters-storage";
import { freshDatabase } from "@gorunner/testing";
import pg from "pg";
import { openAt } from "./support.js";

/** What the Go service's migrations leave, word for word in effect. */
export const goService = `
  create table schema_migrations (version bigint not null primary key, dirty boolean not null);
  insert into schema_migrations values (1, false);
  create table shared_codes (
    id serial primary key,
    code text not null,
    output text,
    error text,
    created_at timestamp default now()
  );`;

export interface Place {
  url: string;
  store: SnippetStore;
  sql(text: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
}

/** A rule about an empty database of its own. */
export function check(rule: string, body: (place: Place) => Promise<void>): void {
  it(rule, async () => {
    const database = await freshDatabase();
    const store = await openAt(database.url);
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    try {
      await body({ url: database.url, store, sql: async (text, values) => (await client.query(text, values)).rows });
    } finally {
      await client.end();
      await store.close();
      await database.drop();
    }
  });
}
