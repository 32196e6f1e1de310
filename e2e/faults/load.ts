/** Shares, reads and deletes by several callers at once, until told to stop. */
import { setTimeout as pause } from "node:timers/promises";
import type { Actor } from "./actor.js";
import type { Ledger } from "./ledger.js";
import type { Random } from "./random.js";

/** Between two calls of one caller, so that the machine has something left for the servers under test. */
const restMs = 8;
/** After a refusal, as a client would. */
const restAfterRefusalMs = 25;

/** What share of a caller's calls are shares and deletes; the others are reads. Shares take long: others must not wait for them. */
interface Habit {
  shares: number;
  deletes: number;
}

/** Of the callers of each client. */
const habits: readonly Habit[] = [
  { shares: 0.6, deletes: 0.3 },
  { shares: 0, deletes: 0.02 },
];
/** Of the reads, so many are of what is gone. */
const readsOfGone = 0.3;

/** @returns what ends it; resolves when the last call has ended. */
export function startLoad(options: { actors: readonly Actor[]; ledger: Ledger; random: Random }): () => Promise<void> {
  let isOver = false;
  const work = async (actor: Actor, habit: Habit) => {
    while (!isOver) {
      const isAnswered = await act(actor, habit, options);
      await pause(isAnswered ? restMs : restAfterRefusalMs);
    }
  };
  const all = Promise.all(options.actors.flatMap((actor) => habits.map((habit) => work(actor, habit))));
  return async () => {
    isOver = true;
    await all;
  };
}

async function act(actor: Actor, habit: Habit, { ledger, random }: { ledger: Ledger; random: Random }): Promise<boolean> {
  const chance = random();
  if (chance < habit.shares) return actor.share();
  const live = ledger.live(random());
  if (live !== undefined && chance < habit.shares + habit.deletes) return actor.delete(live);
  const gone = ledger.gone(random());
  const entry = random() < readsOfGone ? (gone ?? live) : (live ?? gone);
  return entry === undefined || (await actor.read(entry)) !== "refused";
}
