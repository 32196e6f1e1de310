import assert from "node:assert/strict";
import { aSnippet } from "@gorunner/core/contract";
import { check, goService } from "./empty-database.js";
import { openAt, recordingLogger, runnerError, steps } from "./support.js";

describe("a PostgreSQL database that can't be worked on is refused with all that is wrong with it, at start and when asked", () => {
  check("a column that somebody took away", async ({ store, sql }) => {
    await store.migrations.up();
    await sql("alter table shared_codes drop column toolchain, drop column output");
    await sql("alter table gorunner_deletions drop column deleted_by");
    const problems =
      /shared_codes lacks column output, table shared_codes lacks column toolchain, .*gorunner_deletions lacks column deleted_by/;
    await assert.rejects(store.migrations.up(), runnerError("INVALID_ARGUMENT", problems));
    await assert.rejects(store.check(), runnerError("UNAVAILABLE", problems));
    await assert.rejects(store.repo.save(aSnippet()), runnerError("UNAVAILABLE", /column is missing/));
    assert.deepEqual(await sql("select from shared_codes"), []);
  });

  check("columns and a table of somebody else", async ({ store, sql }) => {
    await sql(`${goService} alter table shared_codes add key int; create table gorunner_deletions ()`);
    const problems = /column key already, there is a table gorunner_deletions already/;
    await assert.rejects(store.migrations.up(), runnerError("INVALID_ARGUMENT", problems));
    // Not even the first step, which had succeeded by then.
    assert.deepEqual(await sql("select to_regclass('gorunner_migrations') as ledger"), [{ ledger: null }]);
    assert.deepEqual(
      await sql("select format_type(atttypid, 0) as type from pg_attribute where attname = 'id' and attrelid = 'shared_codes'::regclass"),
      [{ type: "integer" }],
    );
  });

  check("a view on the Go service's table: told with what is in the way, and nothing is half done", async ({ store, sql }) => {
    await sql(`${goService} create view recent as select id, code from shared_codes`);
    await assert.rejects(store.migrations.up(), runnerError("INVALID_ARGUMENT", /can't be migrated: .*view.*recent/));
    assert.deepEqual(await sql("select to_regclass('gorunner_migrations') as ledger"), [{ ledger: null }]);
    await sql("drop view recent");
    assert.deepEqual(await store.migrations.up(), steps);
  });

  check("a user who can't see whether it was migrated", async ({ url, store, sql }) => {
    const role = `blind_${process.pid}`;
    await sql(`create role ${role} login password 'p'`);
    await store.migrations.up();
    await sql("revoke usage on schema public from public");
    const guest = await openAt(Object.assign(new URL(url), { username: role, password: "p" }).href);
    const { logger, lines } = recordingLogger();
    const logging = await openAt(Object.assign(new URL(url), { username: role, password: "p" }).href, { logger });
    try {
      for (const problem of [/the right to use the schema public/, /the right to select on gorunner_migrations/]) {
        await assert.rejects(guest.migrations.up(), runnerError("INVALID_ARGUMENT", problem));
        await assert.rejects(guest.migrations.status(), runnerError("INVALID_ARGUMENT", problem));
        await assert.rejects(logging.check(), runnerError("UNAVAILABLE", problem));
        await sql(`grant usage on schema public to ${role}`);
      }
      // The server answers; what is wrong is told by who asks, and not each second by the log.
      assert.deepEqual(lines, []);
    } finally {
      await guest.close();
      await logging.close();
      await sql(`drop owned by ${role}; drop role ${role}`);
    }
  });

  check("a user without rights", async ({ url, store, sql }) => {
    const role = `guest_${process.pid}`;
    await sql(`create role ${role} login password 'p'`);
    const guestUrl = Object.assign(new URL(url), { username: role, password: "p" });
    const guest = await openAt(guestUrl.href);
    try {
      const mayNotMigrate = runnerError("INVALID_ARGUMENT", /no right to migrate it .*--no-migrate/);
      await assert.rejects(guest.migrations.up(), mayNotMigrate);
      await store.migrations.up();
      await sql(`grant select on shared_codes, gorunner_migrations to ${role}`);
      const problems =
        /the right to insert on shared_codes, .*to delete on shared_codes, .*to select on gorunner_deletions, .*to insert on gorunner_deletions, .*the sequence of ids/;
      await assert.rejects(guest.migrations.up(), runnerError("INVALID_ARGUMENT", problems));
      await assert.rejects(guest.check(), runnerError("UNAVAILABLE", problems));
      await assert.rejects(guest.repo.save(aSnippet()), runnerError("UNAVAILABLE", /permission denied/));
      await sql(`grant select, insert, delete on shared_codes to ${role}`);
      await sql(`grant select, insert on gorunner_deletions to ${role}`);
      await sql(`grant usage on sequence shared_codes_id_seq to ${role}`);
      // The least that suffices: no right to make tables.
      assert.deepEqual(await guest.migrations.up(), []);
      await guest.check();
      const { id } = await guest.repo.save(aSnippet({ expiresAt: new Date(0) }));
      assert.deepEqual(await guest.repo.deleteExpired(1), [id]);
      assert.equal(await guest.repo.delete((await guest.repo.save(aSnippet())).id, 1n), true);
    } finally {
      await guest.close();
      await sql(`drop owned by ${role}; drop role ${role}`);
    }
  });
});
