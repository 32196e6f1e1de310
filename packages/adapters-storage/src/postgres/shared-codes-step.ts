import { refuseToDropRows } from "../migrations/ledger.js";
import { checkSharedCodes } from "./shared-codes-shape.js";
import type { SqlClient } from "./sql-client.js";

/**
 * The table of snippets: made, or taken over from the Go service's migrations.
 *
 * A table that is taken over keeps its rows, its NULLs and its defaults, so that the Go service goes on working on it;
 * only its ids get wider, from int4 to int8, the sequence that makes them included.
 */
export const sharedCodesStep = {
  name: "0001-shared-codes",

  async up(client: SqlClient): Promise<void> {
    const { rows } = await client.query("select to_regclass('shared_codes') is not null as exists");
    if (rows[0]?.["exists"] === true) await takeOver(client);
    else await create(client);
  },

  async down(client: SqlClient, { dropData }: { dropData: boolean }): Promise<void> {
    // Before the look, so that no row comes in between it and the drop.
    await client.query("lock table shared_codes in access exclusive mode");
    const { rows } = await client.query("select exists (select from shared_codes) as holds_rows");
    if (rows[0]?.["holds_rows"] === true && !dropData) throw refuseToDropRows("shared_codes");
    await client.query("drop table shared_codes");
  },
};

/** In the Go service's shape, so that it can be the one that follows us, too. */
async function create(client: SqlClient): Promise<void> {
  await client.query(`create table shared_codes (
    id bigserial primary key,
    code text not null,
    output text,
    error text,
    created_at timestamp default (now() at time zone 'UTC')
  )`);
}

async function takeOver(client: SqlClient): Promise<void> {
  await client.query("lock table shared_codes in access exclusive mode");
  const { idType, sequence } = await checkSharedCodes(client);
  // Rewrites the table, which takes its time; a table that is wide enough is not touched.
  if (idType !== "bigint") await client.query("alter table shared_codes alter column id type bigint");
  await client.query(`alter sequence ${sequence} as bigint no maxvalue no cycle`);
  // A dump that was loaded row by row leaves the sequence behind the ids.
  await client.query(`select setval('${sequence.replaceAll("'", "''")}', top.id)
    from (select max(id) as id from shared_codes) as top, ${sequence} as counter
    where top.id > counter.last_value`);
}
