/** What every row has at hand. */
import type { Client } from "@gorunner/e2e/support/clients.js";
import type { Gorunner } from "@gorunner/e2e/support/gorunner.js";
import type { Counts } from "./counts.js";
import type { Program } from "./programs.js";
import type { GoReferences } from "./references/go-references.js";
import type { RowResult } from "./result.js";
import type { Places } from "./server/start-server.js";

export interface Bench {
  /** Warm: all of the standard library compiled, its sandboxes started, its code run a few times. */
  server: Gorunner;
  places: Places;
  clients: Record<"gRPC" | "REST", Client>;
  go: GoReferences;
  counts: Counts;
  cores: number;
  /** A directory for this run alone, which sandboxes can reach. */
  directory: string;
  progress: (what: string) => void;
}

export type Row = (bench: Bench) => Promise<Omit<RowResult, "id">>;

/** One call, its answer checked. @throws Error when the server answers anything else than the program's output. */
export async function runBy(client: Client, program: Program): Promise<void> {
  const { output, error } = await client.runCode(program.code);
  if (output !== program.output || error !== "") throw new Error(`${client.name} gave another answer: ${error || output}`.slice(0, 2000));
}

/** One call of a program that ends otherwise than well; its answer is looked at too. */
export async function runToItsEnd(client: Client, { code, says }: { code: string; says: RegExp }): Promise<void> {
  const { output, error } = await client.runCode(code);
  if (!says.test(output + error)) throw new Error(`${client.name} gave another answer: ${(error || output).slice(-500)}`);
}

/** Between measurements: long enough for the server to start its next sandboxes. */
export const settleMs = 100;

/** What rows say of their progress. */
export const rounds =
  ({ progress }: Bench, of: number) =>
  (round: number) => {
    if (round === 1 || round % 10 === 0) progress(`round ${round} of ${of}`);
  };
