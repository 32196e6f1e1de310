/** The command line of `npm run test:faults`. */
import { parseArgs } from "node:util";
import { type Fault, faults } from "./fault.js";

export const usage = `Usage: npm run test:faults -- [--only WORDS] [--runs N] [--seed S] [--write]

  --only    only faults whose names contain these words, no run of the model and no exhaustion
  --runs    how many runs of the model follow the faults (default 50)
  --seed    of all chance; each run prints its own (default: another one each time)
  --write   writes the table of faults into docs/operations.md
`;

export class UsageError extends Error {}

export interface Options {
  help: boolean;
  faults: readonly Fault[];
  runs: number;
  seed: number;
  write: boolean;
  /** Whether a server's host runs out of things, too. */
  exhaustion: boolean;
}

/** @throws UsageError */
export function optionsOf(args: string[]): Options {
  const { help, only, runs, seed, write } = valuesOf(args);
  const chosen = faults.filter(({ name }) => only === undefined || name.includes(only));
  if (chosen.length === 0)
    throw new UsageError(`there is no fault ${JSON.stringify(only)}; there are\n  ${faults.map(({ name }) => name).join("\n  ")}`);
  if (write && only !== undefined) throw new UsageError("--write writes the whole table, and --only leaves out most of it");
  return {
    help,
    faults: chosen,
    runs: runs === undefined ? (only === undefined ? 50 : 0) : wholeNumber("--runs", runs),
    seed: seed === undefined ? Math.floor(Math.random() * 2 ** 31) : wholeNumber("--seed", seed),
    write,
    exhaustion: only === undefined,
  };
}

function wholeNumber(option: string, value: string): number {
  if (!/^\d{1,10}$/.test(value)) throw new UsageError(`${option} wants a whole number, and ${JSON.stringify(value)} is none`);
  return Number(value);
}

function valuesOf(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        help: { type: "boolean", default: false },
        only: { type: "string" },
        runs: { type: "string" },
        seed: { type: "string" },
        write: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
