/** Runs of the model against the stage: chance chooses the commands, and the seed chance. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Fault } from "../fault.js";
import { markerIn } from "../marked-code.js";
import type { Stage } from "../stage.js";
import { storedIds } from "../stored.js";
import { make, readUntilGone } from "./calls.js";
import { commandsWith, type Imagined, nothingYet } from "./commands.js";
import { type Model, takeIn } from "./model.js";
import { mend, type Reality } from "./reality.js";

export interface ModelOptions {
  faults: readonly Fault[];
  seed: number;
  runs: number;
  /** The most commands of a run. */
  commands: number;
}

/** @throws Error with the commands that led to it when reality is not as the model. */
export async function runModel(stage: Stage, { faults, seed, runs, commands }: ModelOptions): Promise<void> {
  const property = fc.asyncProperty(commandsWith(faults, { most: commands }), async (chosen) => {
    const imagined = nothingYet();
    const reality: Reality = { stage, mends: new Map(), staleMs: 0, codes: [] };
    try {
      await fc.asyncModelRun(() => ({ model: imagined, real: reality }), chosen);
    } finally {
      await mendAll(imagined, reality);
    }
    await compare(imagined.snippets, reality);
  });
  // Real servers repeat a failure too rarely for making it smaller.
  await fc.assert(property, { seed, numRuns: runs, endOnFailure: true });
}

async function mendAll({ snippets }: Imagined, reality: Reality): Promise<void> {
  for (const backend of ["PostgreSQL", "Redis"] as const) takeIn(snippets, await mend(reality, backend));
}

/** With all well: every snippet by every client, deletes that nobody knows of first sent again, then the rows of the store. */
async function compare(snippets: Model, { stage, staleMs, codes }: Reality): Promise<void> {
  const [first] = stage.clients;
  assert.ok(first !== undefined);
  for (const [id, { possible }] of snippets) if (possible.size > 1) takeIn(snippets, [await make({ call: "delete", client: first }, id)]);
  for (const client of stage.clients) {
    const reads = await Promise.all(
      [...snippets].map(([id, { possible }]) =>
        possible.has("stored") ? make({ call: "get", client }, id) : readUntilGone(client, id, 10 * staleMs),
      ),
    );
    assert.ok(!reads.some(({ answer }) => answer === "UNAVAILABLE"), "a read was UNAVAILABLE with all well");
    takeIn(snippets, reads);
  }
  const stored = await storedIds(stage);
  for (const code of codes) {
    const ids = stored.get(markerIn(code)) ?? [];
    assert.ok(ids.length <= 1, `one share made the snippets ${ids.join(" and ")}`);
  }
  for (const [id, { code, possible }] of snippets) {
    assert.equal(stored.get(markerIn(code))?.includes(id) ?? false, possible.has("stored"), `snippet ${id} in the store`);
  }
}
