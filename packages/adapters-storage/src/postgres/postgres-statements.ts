/**
 * What we say to PostgreSQL. Each statement is prepared once on a connection, under its name; types are fixed in the text,
 * so that one that was prepared before a migration stays valid after it. A changed text wants a changed name.
 */
import { mostAheadMs } from "@gorunner/core";

/** `octet_length` reads a long text's length off its place in the table, without the text. */
const summaryColumns = `id::bigint as id, key, toolchain, octet_length(code) as size_bytes,
  extract(epoch from created_at)::float8 * 1000 as created_ms, extract(epoch from expires_at)::float8 * 1000 as expires_ms`;
const columns = `${summaryColumns}, code, output, error`;
/** The sequence that makes the ids: what their default or their identity depends on. */
const idSequence = `select sequence.oid::regclass as oid
  from pg_attribute as id
  left join pg_attrdef on adrelid = id.attrelid and adnum = id.attnum
  join pg_depend on (pg_depend.classid = 'pg_attrdef'::regclass and pg_depend.objid = pg_attrdef.oid)
    or (pg_depend.classid = 'pg_class'::regclass and pg_depend.refobjid = id.attrelid and pg_depend.refobjsubid = id.attnum)
  join pg_class as sequence on sequence.relkind = 'S' and sequence.oid in (pg_depend.objid, pg_depend.refobjid)
  where id.attrelid = to_regclass('shared_codes') and id.attname = 'id'
  limit 1`;
const isAlive = "(expires_at is null or expires_at > now())";

/**
 * A key that is taken, of either kind, changes nothing and answers nothing; a transaction that is about to take it is waited
 * for. So does an id that is taken: {@link drawIds} tells that apart. Naming the conflict's target would not: there can be one
 * only, and a repeated request under the other key would be an error in PostgreSQL's log each time.
 */
export const save = {
  name: "gorunner-save-2",
  text: `insert into shared_codes (key, code, output, error, toolchain, expires_at, idempotency_key, created_at)
    values ($1, $2, $3, $4, $5, $6::timestamptz, $7, now() at time zone 'UTC')
    on conflict do nothing returning ${columns}`,
  isRepeatable: true,
};

export const findSaved = {
  name: "gorunner-find-saved",
  text: `select ${columns} from shared_codes where key = $1 or idempotency_key = $2
    order by (idempotency_key = $2) is true desc limit 1`,
  isRepeatable: true,
};

/**
 * Draws ids from the sequence, to step over rows that were inserted with ids of their own: needs no right but the one to use
 * the sequence, never sets it back, and so is safe beside any number of other servers.
 * @param values how many. Answers whether the last one that was drawn is taken.
 */
export const drawIds = {
  name: "gorunner-draw-ids",
  text: `with sequence as materialized (${idSequence}),
    drawn as materialized (select nextval(sequence.oid) as id from sequence, generate_series(1, $1::int))
    select exists (select from shared_codes where id = (select max(id) from drawn)) as taken`,
  isRepeatable: true,
};

export const findById = {
  name: "gorunner-find-2",
  text: `select ${columns} from shared_codes where id = $1::bigint and ${isAlive}`,
  isRepeatable: true,
};

export const findByKey = {
  name: "gorunner-find-by-key",
  text: `select ${columns} from shared_codes where key = $1 and ${isAlive}`,
  isRepeatable: true,
};

export const storedBytes = {
  name: "gorunner-stored-bytes",
  text: "select sum(bytes)::bigint as bytes from gorunner_stored_bytes",
  isRepeatable: true,
};

export const list = {
  name: "gorunner-list",
  text: `select ${summaryColumns} from shared_codes where id <= $1::bigint and ${isAlive} order by id desc limit $2::int`,
  isRepeatable: true,
};

/**
 * Numbers of a sequence are handed out in another order than transactions end, and a reader who has seen 8 would never
 * see a 7 that comes after it. So deletions take turns: the lock is taken before the number, and held until what is
 * logged can be read. Reading it in the statement's one condition makes it be taken before any row is.
 */
const inTurn = "turn as materialized (select pg_advisory_xact_lock(7453301757010929011))"; // "gorunner" as a number, and 1 more
const hasTurn = "(select count(*) from turn) = 1";

/**
 * As `deletionTimeAfter` says. `now()` is the time of the transaction's beginning, and so is what this sees of the log: before it
 * waited for its turn. So a row may be older than the one before it, by less than a statement may take.
 */
const timeAfterLast = `greatest(now(), (select least(deleted_at, now() + ${mostAheadMs} * interval '1 millisecond')
  from gorunner_deletions order by seq desc limit 1))`;

export const deleteOne = {
  name: "gorunner-delete-3",
  text: `with ${inTurn},
    gone as (delete from shared_codes where ${hasTurn} and id = $1::bigint and ${isAlive} returning id)
    insert into gorunner_deletions (snippet_id, deleted_by, deleted_at) select id, $2::bigint, ${timeAfterLast} from gone returning 1`,
  isRepeatable: false,
};

/** Who has waited for its turn may pick what is gone by then; it deletes the rest of its pick. */
export const deleteExpired = {
  name: "gorunner-delete-expired-3",
  text: `with ${inTurn},
    picked as (select id from shared_codes where expires_at <= now() - $2::float8 * interval '1 millisecond'
      order by expires_at limit $1::int),
    gone as (delete from shared_codes where ${hasTurn} and id in (select id from picked) returning id),
    logged as (insert into gorunner_deletions (snippet_id, deleted_at) select id, ${timeAfterLast} from gone)
    select id::bigint as id from gone`,
  isRepeatable: false,
};

export const lastDeletion = {
  name: "gorunner-last-deletion",
  text: "select coalesce(max(seq), 0) as seq from gorunner_deletions",
  isRepeatable: true,
};

/** Reads the log from its end, no further than young deletions reach. */
export const lastDeletionBefore = {
  name: "gorunner-last-deletion-before",
  text: `select seq from gorunner_deletions
    where deleted_at <= now() - $1::float8 * interval '1 millisecond' order by seq desc limit 1`,
  isRepeatable: true,
};

export const deletionsSince = {
  name: "gorunner-deletions-since",
  text: `select seq, snippet_id, deleted_by, extract(epoch from deleted_at)::float8 * 1000 as deleted_ms
    from gorunner_deletions where seq > $1::bigint order by seq limit $2::int`,
  isRepeatable: true,
};
