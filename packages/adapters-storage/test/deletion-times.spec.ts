/** What a store's log tells where the clock was wrong for a time: nothing may be hidden by an older time behind it. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { SnippetStore } from "@gorunner/adapters-storage";
import { mostAheadMs } from "@gorunner/core";
import { aSnippet } from "@gorunner/core/contract";
import pg from "pg";
import { freshPostgresStore, freshSqliteStore } from "./support.js";

const anHourMs = 60 * 60 * 1000;
const admin = 1n;

interface Opened {
  store: SnippetStore;
  /** Logs a deletion at that time. */
  log(at: Date): Promise<void>;
  close(): Promise<void>;
}

async function openPostgres(): Promise<Opened> {
  const { store, url, close } = await freshPostgresStore();
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return {
    store,
    log: async (at) => void (await client.query("insert into gorunner_deletions (snippet_id, deleted_at) values (1000, $1)", [at])),
    async close() {
      await client.end();
      await close();
    },
  };
}

async function openSqlite(): Promise<Opened> {
  const { store, path, close } = await freshSqliteStore();
  const database = new DatabaseSync(path);
  return {
    store,
    log: async (at) => void database.prepare("insert into gorunner_deletions (snippet_id, deleted_at) values (1000, ?)").run(at.getTime()),
    async close() {
      database.close();
      await close();
    },
  };
}

for (const [name, open] of [
  ["PostgresSnippetRepo", openPostgres],
  ["SqliteSnippetRepo", openSqlite],
] as const) {
  describe(`${name}, whose clock was wrong`, () => {
    let opened: Opened;
    beforeEach(async () => {
      opened = await open();
    });
    afterEach(() => opened.close());

    /** Deletes two, by an admin and by expiry. @returns when, as the log has it. */
    async function deleteTwo(): Promise<number[]> {
      const { repo } = opened.store;
      const { cursor } = await repo.deletionsSince(undefined, 1);
      await repo.delete((await repo.save(aSnippet())).id, admin);
      await repo.save(aSnippet({ expiresAt: new Date(Date.now() - anHourMs) }));
      assert.equal((await repo.deleteExpired(1)).length, 1);
      return (await repo.deletionsSince(cursor, 10)).deletions.map(({ at }) => at.getTime());
    }

    it("says of none that it was before the one before it, when it was set back", async () => {
      const ahead = new Date(Date.now() + anHourMs);
      await opened.log(ahead);
      assert.deepEqual(await deleteTwo(), [ahead.getTime(), ahead.getTime()]);
    });

    it("is a day ahead at most when it was ahead by years", async () => {
      await opened.log(new Date(Date.now() + 1000 * mostAheadMs));
      const begun = Date.now();
      for (const at of await deleteTwo()) assert.ok(Math.abs(at - begun - mostAheadMs) < 60_000, new Date(at).toISOString());
    });
  });
}
