import { invalidArgument } from "@gorunner/core";
import type { MigrationStatus } from "../store.js";

/**
 * What both databases have in common about migrations: names in order, and which of them the database has.
 *
 * Our table has a name of its own, because golang-migrate's `schema_migrations` may stand beside it.
 */
export const ledgerTable = "gorunner_migrations";

export interface Applied {
  name: string;
  appliedAt: Date;
}

/** @returns the known steps that are missing. @throws RunnerError INVALID_ARGUMENT when the database is newer than we are. */
export function pendingSteps<Step extends { name: string }>(known: readonly Step[], applied: readonly Applied[]): Step[] {
  checkNoneNewer(known, applied);
  return known.filter(({ name }) => !applied.some((step) => step.name === name));
}

/** @returns the known step to undo, if there is one. @throws RunnerError INVALID_ARGUMENT when the database is newer than we are. */
export function newestStep<Step extends { name: string }>(known: readonly Step[], applied: readonly Applied[]): Step | undefined {
  checkNoneNewer(known, applied);
  return known.findLast(({ name }) => applied.some((step) => step.name === name));
}

/** The known steps, then those that only the database knows. */
export function statusOf(known: readonly { name: string }[], applied: readonly Applied[]): MigrationStatus[] {
  const foreign = applied.filter(({ name }) => !known.some((step) => step.name === name));
  return [
    ...known.map(({ name }) => {
      const appliedAt = applied.find((step) => step.name === name)?.appliedAt;
      return appliedAt === undefined ? { name } : { name, appliedAt };
    }),
    ...foreign,
  ];
}

/** The refusal to lose what a table holds. */
export function refuseToDropRows(table: string) {
  const what = table === "shared_codes" ? "snippets" : "rows";
  return invalidArgument(`table ${table} holds ${what}; what this step has added is lost only on demand (migrate down --drop-data)`);
}

/** @throws RunnerError INVALID_ARGUMENT when the database has a step that we do not know. */
export function checkNoneNewer(known: readonly { name: string }[], applied: readonly Applied[]): void {
  const newer = applied.find(({ name }) => !known.some((step) => step.name === name));
  if (newer === undefined) return;
  throw invalidArgument(`the database has migration ${newer.name}, which this version of Runner does not know; use a newer version`);
}
