/** Where results are kept: a full run's in `bench/results`, which is recorded; any other's in a directory below that is not. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { RowResult } from "../result.js";
import type { Conditions } from "./conditions.js";
import { svgOf } from "./svg.js";

const results = fileURLToPath(new URL("../../results/", import.meta.url));

export interface Written {
  conditions: Conditions;
  results: RowResult[];
  markdown: string;
}

/** @returns the directory. */
export async function writeResults(run: Written, { whole }: { whole: boolean }): Promise<string> {
  const directory = whole ? results : join(results, "partial");
  await mkdir(directory, { recursive: true });
  const { markdown, ...figures } = run;
  await writeFile(join(directory, "latest.md"), markdown);
  await writeFile(join(directory, "latest.json"), `${JSON.stringify(figures, undefined, 2)}\n`);
  for (const { id, curve } of run.results) if (curve !== undefined) await writeFile(join(directory, `${id}.svg`), svgOf(curve));
  return directory;
}
