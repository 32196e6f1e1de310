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
  if (code !== undefined) return reasons.get(code) ?? code;
  const message = failure instanceof Error ? failure.message : "";
  if (/timeout|timed out/i.test(message)) return "no answer in time";
  if (/terminated|closed|ended/i.test(message)) return "the connection broke";
  if (/does not support SSL/.test(message)) return "the server does not support SSL";
  return /password|SCRAM|SASL/i.test(message) ? "it asks for a password that it was not given" : "the connection failed";
}

export const notMigrated = "a migration is missing; run gorunner migrate up";

const reasons = new Map([
  ["ECONNREFUSED", "connection refused"],
  ["ECONNRESET", "the connection broke"],
  ["EPIPE", "the connection broke"],
  ["ENOTFOUND", "no such host"],
  ["EAI_AGAIN", "no such host"],
  ["ETIMEDOUT", "no answer in time"],
  ["ENOENT", "no such socket"],
  ["2200H", "the sequence of ids is used up"],
  ["25006", "the server is read-only"],
  ["28000", "the server refuses this user or this connection"],
  ["28P01", "the server refuses this user or this password"],
  ["3D000", "no such database"],
  ["42501", "permission denied"],
  ["42P01", notMigrated],
  ["42703", "a column is missing; run gorunner migrate up, or see gorunner doctor"],
  ["42883", "PostgreSQL 13 or newer is needed"],
  ["53300", "too many connections"],
  ["55P03", "somebody else holds a lock on it"],
  ["57014", "no answer in time"],
  ["57P01", "the server is shutting down"],
  ["57P02", "the server crashed"],
  ["57P03", "the server is starting up or shutting down"],
  ["2BP01", "other objects depend on the table"],
]);
