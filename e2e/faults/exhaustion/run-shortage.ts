/** One shortage, taken and given back under load, and whether all is as it was then. */
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { CallError, type Client, clientsOf } from "../../support/clients.js";
import { controlGroupsOf, eventually, orphansOf } from "../../support/host.js";
import { metric } from "../../support/metrics.js";
import { sleeps } from "../../support/programs.js";
import { markedCode } from "../marked-code.js";
import type { Shortage } from "./shortages.js";
import type { SmallServer } from "./small-server.js";

export interface Told {
  answered: number;
  refused: number;
  /** The codes of all refusals. */
  codes: Set<string>;
  /** What was acknowledged, by its id. */
  shares: Map<bigint, string>;
}

/** Callers at once of each client. */
const callers = 2;
/** How long a call may take, whatever the host lacks: its limits, and the time of the shortage ten times. */
const callMs = 120_000;
const recoveryMs = 60_000;

/** @throws AssertionError when something that was acknowledged is lost, or not all works as before. */
export async function runShortage(server: SmallServer, { take }: Shortage, shortMs: number): Promise<Told> {
  const clients = clientsOf(server.gorunner);
  const told: Told = { answered: 0, refused: 0, codes: new Set(), shares: new Map() };
  let isOver = false;
  const load = clients.flatMap((client) => Array.from({ length: callers }, () => callUntil(client, told, () => isOver)));
  try {
    await pause(shortMs / 2);
    const giveBack = await take(server);
    await pause(shortMs);
    await giveBack();
    await pause(shortMs / 2);
    isOver = true;
    await Promise.all(load);
    await allPlacesWork(server, clients);
    await nothingIsLost(told, clients);
    await nothingIsLeft(server);
    return told;
  } finally {
    isOver = true;
    for (const client of clients) client.close();
  }
}

async function callUntil(client: Client, told: Told, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    const { code, marker } = markedCode();
    // Also programs that run for a moment: what is taken meanwhile, a run may want at its end.
    await answer(told, () => client.runCode(sleeps(50, marker), { timeoutMs: callMs }).then(() => {}));
    await answer(told, async () => void told.shares.set(await client.shareCode(code), code));
  }
}

/** A host that lacks something is told as UNAVAILABLE; where all places are taken for long, so is the queue. */
async function answer(told: Told, call: () => Promise<void>): Promise<void> {
  try {
    await call();
    told.answered++;
  } catch (error) {
    told.refused++;
    told.codes.add(error instanceof CallError ? error.code : String(error));
    // Else what is refused at once is all that this asks for.
    await pause(10);
  }
}

/** Twice as many programs as run at once: each place is used. */
async function allPlacesWork({ concurrency }: SmallServer, clients: Client[]): Promise<void> {
  await eventually(async () => {
    const calls = Array.from({ length: 2 * concurrency }, (_, index) => clients[index % clients.length]?.runCode(sleeps(100)));
    for (const call of await Promise.allSettled(calls)) {
      assert.ok(call.status === "fulfilled", `after it was given back: ${call.status === "rejected" && call.reason}`);
      assert.equal(call.value?.output, "slept\n");
    }
  }, recoveryMs);
}

async function nothingIsLost({ shares }: Told, [client]: Client[]): Promise<void> {
  for (const [id, code] of shares) assert.equal((await client?.getCode(id))?.code, code, `snippet ${id} was acknowledged`);
}

/** But for sandboxes that are started ahead: for each place one that builds and one that runs. */
async function nothingIsLeft({ gorunner, pid, work, concurrency }: SmallServer): Promise<void> {
  await eventually(async () => {
    assert.equal(await metric(gorunner.metrics, "runner_executions_in_flight"), 0);
    assert.deepEqual(orphansOf(pid), []);
    const [own = ""] = (await readdir(work)).filter((name) => name.startsWith(`${pid}-`) && !name.endsWith(".lock"));
    const places = (await readdir(`${work}/${own}`)).filter((name) => /^run-\w{6}$/.test(name)); // not the filters of system calls
    assert.ok(places.length <= 2 * concurrency, `places: ${places.join(" ")}`);
    const groups = await controlGroupsOf(pid);
    assert.ok(new Set(groups.map((path) => path.split("/").at(-1))).size <= 2 * concurrency, `groups: ${groups.join(" ")}`);
  }, recoveryMs);
}
