import { codeOf } from "../failure.js";

/**
 * Whether a statement that failed may be executed again.
 *
 * Always when it surely left nothing behind: it was not sent, or the server rolled it back. When the connection broke
 * after it was sent, nobody knows; then only if executing it twice is executing it once. All else (no time left, a lock,
 * a wrong password) would only fail again.
 */
export function mayBeRepeated(failure: unknown, statement: { isSent: boolean; isRepeatable: boolean }): boolean {
  if (rolledBack.has(codeOf(failure) ?? "")) return true;
  return isBrokenConnection(failure) && (!statement.isSent || statement.isRepeatable);
}

/**
 * Serialization failure, deadlock, a server that a failover has made read-only (the next connection may find the other), and a
 * statement that was prepared before a column got another type (the next connection prepares it anew).
 */
const rolledBack = new Set(["40001", "40P01", "25006", "0A000"]);

function isBrokenConnection(failure: unknown): boolean {
  const code = codeOf(failure);
  if (code !== undefined) return brokenConnection.has(code) || /^08\w{3}$/.test(code);
  return failure instanceof Error && /^Connection terminated/.test(failure.message) && !/timeout/.test(failure.message);
}

/** Refused or reset; the server shuts down, crashed, starts, or has too many connections. */
const brokenConnection = new Set(["ECONNREFUSED", "ECONNRESET", "EPIPE", "57P01", "57P02", "57P03", "53300"]);
