/** The command line of the bench. */
import { parseArgs } from "node:util";
import { type Counts, full, quick } from "./counts.js";
import { type RowId, rowIds } from "./rows.js";

export const usage = `Usage: npm run bench -- [--quick] [--rows NAME,NAME] [--runs N]

  --quick   few measurements of each; under three minutes once the caches are warm
  --rows    only these: ${rowIds.join(", ")}
  --runs    how many runs the row "growth" makes (default ${full.runs}, with --quick ${quick.runs})
`;

export class UsageError extends Error {}

export interface Options {
  help: boolean;
  quick: boolean;
  rows: RowId[];
  counts: Counts;
}

/** @throws UsageError */
export function optionsOf(args: string[]): Options {
  const { help, quick: isQuick, rows: named, runs } = valuesOf(args);
  const counts = isQuick ? quick : full;
  const rows = named === undefined ? rowIds : rowIds.filter((id) => named.split(",").includes(id));
  const unknown = named?.split(",").find((name) => !rowIds.some((id) => id === name));
  if (unknown !== undefined) throw new UsageError(`there is no row ${JSON.stringify(unknown)}`);
  if (runs !== undefined && !/^[1-9]\d{0,7}$/.test(runs)) throw new UsageError("--runs wants a positive number");
  return { help, quick: isQuick, rows, counts: { ...counts, runs: runs === undefined ? counts.runs : Number(runs) } };
}

function valuesOf(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        help: { type: "boolean", default: false },
        quick: { type: "boolean", default: false },
        rows: { type: "string" },
        runs: { type: "string" },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
