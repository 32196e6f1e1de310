import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { lines } from "../attacks/corpus-lines.js";
import { type Mode, modes } from "../attacks/modes.js";
import type { ModeResults } from "../attacks/results.js";
import { runMode } from "../attacks/run-modes.js";
import { couldBeTold, rows, tableIn } from "../attacks/table.js";
import { repository } from "../support/gorunner.js";

describe("The corpus of attacks", () => {
  it("has at least one case for each of its lines, and no name twice", () => {
    const all: string[] = Object.values(lines).flat();
    assert.deepEqual(
      all.filter((line) => !rows.some((row) => row.line === line)),
      [],
    );
    const names = rows.map(({ name }) => name);
    assert.deepEqual(names, [...new Set(names)]);
  });

  it("is what docs/security.md shows", async () => {
    const table = tableIn(await readFile(join(repository, "docs/security.md"), "utf8"));
    const shown = [...table.matchAll(/^\| (?!\*\*|case |---)(.*?) \| (.*?) \| (.*?) \|/gm)].map(([, ...cells]) =>
      cells.map((cell) => cell.replaceAll("\\", "").trim()),
    );
    const again = "npm run test:attacks -- --write makes it anew";
    assert.deepEqual(shown.map(([name, ends]) => [name, ends]).sort(), rows.map(({ name, expected }) => [name, expected]).sort(), again);
    // Which controls there are depends on the host that it was made on.
    const others = rows.filter((row) => !couldBeTold(row, shown.find(([name]) => name === row.name)?.[2] ?? ""));
    assert.deepEqual(
      others.map(({ name }) => name),
      [],
      again,
    );
  });
});

describe("A part of the corpus", function () {
  this.timeout(300_000);

  // What this machine offers first, and rlimits alone by an ordinary user: the modes in which most servers run.
  const byUser = modes.filter(({ user }) => user !== undefined);
  const first = modes.filter(({ user }) => user === undefined);
  it("is contained under the resource mode that this host has", () => runFirstOf(first, "representative"));
  if (byUser.length > 0) it("is contained under rlimits alone, by an ordinary user", () => runFirstOf(byUser, "few"));

  async function runFirstOf(candidates: readonly Mode[], part: "representative" | "few"): Promise<void> {
    const refused: string[] = [];
    for (const mode of candidates) {
      const told: ModeResults = await runMode(mode, { part });
      if (told.notOffered !== undefined) refused.push(`${mode.name}: ${told.notOffered}`);
      else return assertContained(told);
    }
    assert.fail(`no mode is offered here: ${refused.join("; ")}`);
  }
});

function assertContained({ mode, inForce, results }: ModeResults): void {
  console.log(`      ${mode}: ${inForce?.tier}, ${inForce?.resources}, uid ${inForce?.uid}; ${results.length} attacks`);
  assert.ok(results.length > 10);
  assert.deepEqual(
    results.filter(({ problems }) => problems.length > 0),
    [],
  );
}
