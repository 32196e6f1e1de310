import { internal, type RunnerError, unavailable } from "@gorunner/core";
import { bareError, codeOf } from "../failure.js";

/** Codes that say our statement or its values were wrong; whatever else SQLite reports is the state of its file. */
const ourMistakes = ["SQLITE_CONSTRAINT", "SQLITE_MISMATCH", "SQLITE_TOOBIG", "SQLITE_RANGE", "SQLITE_MISUSE"];

/** SQLite's failure as the port's. */
export function fromSqlite(failure: unknown): RunnerError {
  const code = codeOf(failure);
  if (code === undefined || ourMistakes.some((mistake) => code.startsWith(mistake)))
    return internal("the SQLite store failed", bareError(failure));
  const message = failure instanceof Error ? failure.message : "";
  const isOldSchema = /^no such (table|column)|has no column named/.test(message);
  const reason = isOldSchema ? notMigrated : code === "SQLITE_FULL" ? "the disk is full" : code;
  return unavailable(`the SQLite store is unavailable (${reason})`, bareError(failure));
}

/** Whether another connection holds the lock that a statement needs. */
export function isBusy(failure: unknown): boolean {
  const code = codeOf(failure);
  return code !== undefined && (code.startsWith("SQLITE_BUSY") || code.startsWith("SQLITE_LOCKED"));
}

/** Whether there is no room left on the disk. */
export const isFull = (failure: unknown) => codeOf(failure) === "SQLITE_FULL";

export const notMigrated = "a migration is missing; run gorunner migrate up";
