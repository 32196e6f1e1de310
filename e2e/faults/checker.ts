/** After a fault: whether everything that clients were told is still true, asked of every client and of the store itself. */
import { setTimeout as pause } from "node:timers/promises";
import type { Actor } from "./actor.js";
import type { Ledger } from "./ledger.js";
import type { Stage } from "./stage.js";
import { storedIds } from "./stored.js";

/** Between two reads of a deleted snippet by a server that is behind. */
const behindMs = 50;
/** How many snippets are asked for at once. */
const atOnce = 16;

/** @returns how many requests left more than one snippet. */
export async function check(stage: Stage, ledger: Ledger, actors: readonly Actor[]): Promise<number> {
  const [first] = actors;
  const entries = [...ledger.shares.values()].filter((entry) => entry !== undefined);
  // A delete whose outcome nobody knows is settled by sending it again; what is left over may be there or not.
  await eachOf(entries, async (entry) => {
    if (entry.deletion === "begun") await first?.delete(entry);
  });
  await eachOf(entries, async (entry) => {
    for (const actor of actors) while ((await actor.read(entry)) === "behind") await pause(behindMs);
  });
  return inStore(stage, ledger);
}

async function inStore(stage: Stage, ledger: Ledger): Promise<number> {
  const stored = await storedIds(stage);
  let doubled = 0;
  for (const [marker, entry] of ledger.shares) {
    const ids = stored.get(marker) ?? [];
    if (ids.length > 1) {
      doubled += 1;
      ledger.violate(`doubled: one share made the snippets ${ids.join(" and ")}`);
    }
    if (entry?.deletion === "none" && !ids.includes(entry.id)) {
      ledger.lose(entry, `the store has no snippet ${entry.id}, which nobody deleted`);
    }
    if (entry?.deletion === "acknowledged" && ids.length > 0) ledger.violate(`the store still has the deleted snippet ${ids.join(", ")}`);
  }
  return doubled;
}

async function eachOf<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const waiting = items.values();
  const worker = async () => {
    for (const item of waiting) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
