import { internal, RunnerError, unavailable } from "@gorunner/core";
import { bareError, codeOf } from "../failure.js";

/**
 * PostgreSQL's failure, or the way's to it, as the port's.
 *
 * A SQLSTATE of these classes says that our statement or its values were wrong (PostgreSQL's manual, appendix A); whatever
 * else happens is the state of the server or of the network. A message may reach a client, so it holds a code and words of
 * ours; the server's own words go to the log as the cause.
 */
export function fromPostgres(failure: unknown): RunnerError {
  if (failure instanceof RunnerError) return failure;
  const code = codeOf(failure);
  const isOurMistake = failure instanceof TypeError || (code !== undefined && /^(22|23|42)\w{3}$/.test(code) && !reasons.has(code));
  if (isOurMistake) return internal("the PostgreSQL store failed", bareError(failure));
  return unavailable(`the PostgreSQL store is unavailable (${reasonOf(failure)})`, bareError(failure));
}

/** Why PostgreSQL can't be used, in a few words that hold no name, address or password. */
export function reasonOf(failure: unknown): string {
  const code = codeOf(failure);
  // A function that is too new for the server, or one that it does not have for the type that a column got.
  if (code === "42883" && !/gen_random_uuid/.test(messageOf(failure))) return alteredTable;
  if (code !== undefined) return reasons.get(code) ?? code;
  const message = messageOf(failure);
  if (/timeout|timed out/i.test(message)) return "no answer in time";
  if (/terminated|closed|ended/i.test(message)) return "the connection broke";
  if (/does not support SSL/.test(message)) return "the server does not support SSL";
  return /password|SCRAM|SASL/i.test(message) ? "it asks for a password that it was not given" : "the connection failed";
}

const messageOf = (failure: unknown) => (failure instanceof Error ? failure.message : "");

export const notMigrated = "a migration is missing; run gorunner migrate up";

const alteredTable = "a table was altered by hand and does not take what Runner stores; see docs/migrating.md for its shape";

const reasons = new Map([
  ["ECONNREFUSED", "connection refused"],
  ["ECONNRESET", "the connection broke"],
  ["EPIPE", "the connection broke"],
  ["ENOTFOUND", "no such host"],
  ["EAI_AGAIN", "no such host"],
  ["ETIMEDOUT", "no answer in time"],
  ["ENOENT", "no such socket"],
  ["0A000", alteredTable],
  ["22001", alteredTable],
  ["22003", "an id does not fit into its column or its sequence; run gorunner migrate up"],
  ["22021", "the database holds text that is not valid in its encoding; it needs the encoding UTF8"],
  ["22P02", alteredTable],
  ["22P05", "the database's encoding lacks a character; it needs the encoding UTF8"],
  ["2200H", "the sequence of ids is used up"],
  ["23502", alteredTable],
  ["23503", alteredTable],
  ["23505", "a sequence is behind the numbers in its table; advance it by setval"],
  ["23514", alteredTable],
  ["23P01", alteredTable],
  ["25P03", "the server ended an idle transaction"],
  ["25006", "the server is read-only"],
  ["28000", "the server refuses this user or this connection"],
  ["28P01", "the server refuses this user or this password"],
  ["3D000", "no such database"],
  ["42501", "permission denied"],
  ["42P01", notMigrated],
  ["42804", alteredTable],
  ["42703", "a column is missing; run gorunner migrate up, or see gorunner doctor"],
  ["42883", "PostgreSQL 13 or newer is needed"],
  ["53100", "the disk is full"],
  ["53200", "the server is out of memory"],
  ["53300", "too many connections"],
  ["55P03", "somebody else holds a lock on it"],
  ["57014", "no answer in time"],
  ["57P01", "the server is shutting down"],
  ["57P02", "the server crashed"],
  ["57P03", "the server is starting up or shutting down"],
  ["2BP01", "other objects depend on the table"],
]);
