/** One fault from before its begin until everything was checked: load all the while. */
import { setTimeout as pause } from "node:timers/promises";
import { Actor } from "./actor.js";
import { check } from "./checker.js";
import type { Fault } from "./fault.js";
import { Ledger } from "./ledger.js";
import { startLoad } from "./load.js";
import { randomFrom } from "./random.js";
import type { Stage } from "./stage.js";

export interface Timing {
  /** With everything well, before and after. */
  wellMs: number;
  faultMs: number;
}

export interface FaultRun {
  fault: Fault;
  counts: Ledger["counts"];
  /** Over the whole run. */
  callsPerSecond: number;
  /** Acknowledged shares that were not there, and requests that made more than one snippet. */
  lost: number;
  doubled: number;
  staleReads: number;
  longestStaleMs: number;
  longestCallMs: number;
  /** How long reads took while it lasted. */
  brokenReadMs: number[];
  /** From its end until every client of every server had shared, read and deleted again. */
  recoveryMs: number;
  violations: string[];
}

/** How long servers may take to serve again, ten times as wide as they need. */
const longestRecoveryMs = 50_000;

export async function runFault(stage: Stage, fault: Fault, options: Timing & { seed: number }): Promise<FaultRun> {
  const ledger = new Ledger(fault);
  const actors = actorsOf(stage, ledger);
  const saidBefore = stage.seats.map(({ server }) => server.logs.length);
  const start = performance.now();
  const endLoad = startLoad({ actors, ledger, random: randomFrom(options.seed) });
  try {
    await pause(options.wellMs);
    ledger.isBroken = true;
    const mend = await fault.begin(stage);
    await pause(options.faultMs);
    await mend();
    const mended = performance.now();
    await Promise.all(actors.map(servesAgain));
    const recoveryMs = performance.now() - mended;
    ledger.isBroken = false;
    await pause(options.wellMs);
    await endLoad();
    const seconds = (performance.now() - start) / 1000;
    const counts = structuredClone(ledger.counts);
    const doubled = await check(stage, ledger, actors);
    checkTimes(ledger, stage);
    ledger.judge({
      wasCutOff: stage.seats.some(({ server }, seat) =>
        server.logs.slice(saidBefore[seat]).some(({ msg }) => msg === "Redis is unavailable"),
      ),
    });
    const { lost, staleReads, longestStaleMs, longestMs, brokenReadMs, violations } = ledger;
    const callsPerSecond = sum(Object.values(counts).map(({ acknowledged, refused }) => acknowledged + refused)) / seconds;
    return {
      fault,
      counts,
      callsPerSecond,
      lost: lost.size,
      doubled,
      staleReads,
      longestStaleMs,
      longestCallMs: Math.max(...Object.values(longestMs)),
      brokenReadMs,
      recoveryMs,
      violations,
    };
  } finally {
    await endLoad();
  }
}

function actorsOf(stage: Stage, ledger: Ledger): Actor[] {
  return stage.seats.flatMap(({ name, clients }) =>
    clients.map((client) => new Actor({ name: `${client.name} of server ${name}`, client, ledger })),
  );
}

/** With snippets of its own, which the ledger of the actor holds to account like all others. */
async function servesAgain(actor: Actor): Promise<void> {
  const deadline = performance.now() + longestRecoveryMs;
  while (!(await actor.servesOnce())) {
    if (performance.now() > deadline)
      throw new Error(`${actor.name} does not serve again ${longestRecoveryMs / 1000} s after the fault's end`);
    await pause(20);
  }
}

/**
 * A call waits for the store within one time limit. What it does besides takes a tenth of this: a share's run, with its turn
 * in the queue, and a deletion's wait for a server that may answer from memory.
 */
const besidesMs = { reads: 2000, shares: 20_000, deletes: 15_000 };

function checkTimes(ledger: Ledger, { storeTimeoutMs }: Stage): void {
  for (const kind of ["reads", "shares", "deletes"] as const) {
    const longestMs = ledger.longestMs[kind];
    if (longestMs > storeTimeoutMs + besidesMs[kind]) ledger.violate(`one of the ${kind} took ${longestMs.toFixed(0)} ms`);
  }
}

const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);
