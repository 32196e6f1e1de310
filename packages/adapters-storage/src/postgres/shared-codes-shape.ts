import { invalidArgument } from "@gorunner/core";
import type { SqlClient } from "./sql-client.js";

/**
 * Looks whether a table `shared_codes` that others made is one that we can work on.
 *
 * @returns the type of its ids, and the sequence that makes them, quoted for SQL.
 * @throws RunnerError INVALID_ARGUMENT that names everything that is wrong with it.
 */
export async function checkSharedCodes(client: SqlClient): Promise<{ idType: string; sequence: string }> {
  const { rows } = await client.query(columnsQuery);
  const columns = new Map(rows.map((row) => [String(row["name"]), row]));
  const facts = (await client.query(factsQuery)).rows[0];
  const problems: string[] = [];

  if (facts?.["kind"] !== "r") problems.push("it is not an ordinary table");
  for (const [name, expected] of expectedColumns) {
    const type = columns.get(name)?.["type"];
    if (type === undefined) problems.push(`column ${name} is missing`);
    else if (!expected.test(String(type))) problems.push(`column ${name} is of type ${String(type)}`);
  }
  for (const [name, column] of columns) {
    const isOurs = expectedColumns.some(([expected]) => expected === name);
    if (!isOurs && column["not_null"] === true && column["has_default"] !== true) problems.push(`column ${name} wants a value`);
  }
  const sequence = facts?.["sequence"];
  if (columns.has("id") && facts?.["is_unique"] !== true) problems.push("column id is not unique");
  if (columns.has("id") && typeof sequence !== "string") problems.push("column id has no sequence");

  if (problems.length > 0 || typeof sequence !== "string") {
    throw invalidArgument(`the database has a table shared_codes that Runner can't use: ${problems.join(", ")}`);
  }
  return { idType: String(columns.get("id")?.["type"]), sequence };
}

/** Columns and what their types may be, as format_type writes them. */
const expectedColumns: readonly [name: string, type: RegExp][] = [
  ["id", /^(smallint|integer|bigint)$/],
  ["code", /^(text|character varying)$/],
  ["output", /^(text|character varying)$/],
  ["error", /^(text|character varying)$/],
  ["created_at", /^timestamp(\(\d\))? with(out)? time zone$/],
];

const columnsQuery = `
  select attname as name, format_type(atttypid, atttypmod) as type, attnotnull as not_null, (atthasdef or attidentity <> '') as has_default
  from pg_attribute
  where attrelid = to_regclass('shared_codes') and attnum > 0 and not attisdropped`;

/** A default's sequence is found by what the default depends on; an identity's belongs to its column. */
const factsQuery = `
  select
    relkind as kind,
    exists (
      select from pg_index
      where indrelid = pg_class.oid and indisunique and indisvalid and indpred is null and indnkeyatts = 1 and indkey[0] = id.attnum
    ) as is_unique,
    coalesce(
      (
        select sequence.oid::regclass::text
        from pg_attrdef
        join pg_depend on pg_depend.classid = 'pg_attrdef'::regclass and pg_depend.objid = pg_attrdef.oid
        join pg_class as sequence on sequence.oid = pg_depend.refobjid and sequence.relkind = 'S'
        where pg_depend.refclassid = 'pg_class'::regclass and adrelid = pg_class.oid and adnum = id.attnum
        limit 1
      ),
      case when id.attidentity <> '' then pg_get_serial_sequence(pg_class.oid::regclass::text, 'id') end
    ) as sequence
  from pg_class
  left join pg_attribute as id on id.attrelid = pg_class.oid and id.attname = 'id' and not id.attisdropped
  where pg_class.oid = to_regclass('shared_codes')`;
