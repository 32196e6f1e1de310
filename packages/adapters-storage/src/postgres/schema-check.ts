import { ledgerTable } from "../migrations/ledger.js";
import type { SqlClient } from "./sql-client.js";

const columns: Record<string, readonly string[]> = {
  shared_codes: ["id", "code", "output", "error", "created_at", "key", "toolchain", "expires_at", "idempotency_key"],
  gorunner_deletions: ["seq", "snippet_id", "deleted_by", "deleted_at"],
  gorunner_stored_bytes: ["slot", "bytes"],
};

const rights: Record<string, readonly string[]> = {
  shared_codes: ["select", "insert", "delete"],
  gorunner_deletions: ["select", "insert"],
  gorunner_stored_bytes: ["select"],
};

/**
 * What keeps a migrated database from being worked on: columns that are gone, rights that we were not given. Asked in one
 * statement, since every look at the server's health asks it.
 */
export async function schemaProblems(client: SqlClient): Promise<string[]> {
  const { rows } = await client.query(`
    select 'table ' || t || ' lacks column ' || c as problem
    from (values ${valuesOf(columns)}) as needed (t, c)
    where not exists (select from pg_attribute where attrelid = to_regclass(t) and attname = c and not attisdropped)
    union all
    select 'the database''s user lacks the right to ' || r || ' on ' || t
    from (values ${valuesOf(rights)}) as needed (t, r)
    where not has_table_privilege(to_regclass(t), r)
    union all
    select 'the database''s user lacks the right to use the sequence of ids'
    from pg_attrdef
    join pg_depend on classid = 'pg_attrdef'::regclass and objid = pg_attrdef.oid
    join pg_class as sequence on sequence.oid = refobjid
    where adrelid = to_regclass('shared_codes')
      and case when relkind = 'S' then not has_sequence_privilege(sequence.oid, 'usage') end`);
  return rows.map(({ problem }) => String(problem));
}

/** Whether the server takes no writes: for as long as that lasts, so no reason to refuse the database at start. */
export async function writeProblems(client: SqlClient): Promise<string[]> {
  const { rows } = await client.query(`
    select case when pg_is_in_recovery() then 'the server is read-only: it is a standby'
      else 'the server is read-only (default_transaction_read_only)' end as problem
    where current_setting('transaction_read_only') = 'on'`);
  return rows.map(({ problem }) => String(problem));
}

/**
 * What keeps us from seeing whether a database was migrated: without the right to use its schema, a table that is there looks
 * as if it were not.
 */
export async function accessProblems(client: SqlClient): Promise<string[]> {
  const { rows } = await client.query(`
    select 'the database''s user lacks the right to use the schema ' || nspname as problem
    from pg_namespace
    where not has_schema_privilege(oid, 'usage')
      and nspname = any (select trim(both ' "' from replace(name, '$user', current_user)) from unnest(string_to_array(current_setting('search_path'), ',')) as name)
      and exists (select from pg_class where relnamespace = pg_namespace.oid and relname = '${ledgerTable}')
    union all
    select 'the database''s user lacks the right to select on ${ledgerTable}'
    where not has_table_privilege(to_regclass('${ledgerTable}'), 'select')`);
  return rows.map(({ problem }) => String(problem));
}

const valuesOf = (names: Record<string, readonly string[]>) =>
  Object.entries(names)
    .flatMap(([table, all]) => all.map((name) => `('${table}', '${name}')`))
    .join(", ");
