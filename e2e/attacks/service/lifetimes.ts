/** Sandboxes that are starting when what they need is taken away. */
import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { lower, noDescriptors, processesOf } from "../../faults/exhaustion/limits-of-processes.js";
import { randomFrom } from "../../faults/random.js";
import { CallError, type Client, clientsOf } from "../../support/clients.js";
import type { Gorunner } from "../../support/gorunner.js";
import { eventually, helpersOf, killIfThere, orphansOf } from "../../support/host.js";
import { sleeps } from "../../support/programs.js";
import type { ServiceAttack } from "../service.js";

const concurrency = 2;
/** How long the server is without descriptors. */
const withoutMs = 2_000;
const kills = 10;
/** A sandbox starts in some ten milliseconds. */
const momentsMs = 25;

/** Calls until it is over, each with a program of its own, which is built and run. */
function load(server: Gorunner): { clients: Client[]; end(): Promise<void> } {
  const clients = clientsOf(server);
  let isOver = false;
  const callers = [0, 1, 0, 1].map(async (which, caller) => {
    for (let count = 0; !isOver; count++) {
      await clients[which]?.runCode(sleeps(1, `${caller} ${count}`)).catch((error: unknown) => {
        assert.ok(error instanceof CallError && ["UNAVAILABLE", "RESOURCE_EXHAUSTED"].includes(error.code), String(error));
        return pause(10);
      });
    }
  });
  return {
    clients,
    end: async () => {
      isOver = true;
      await Promise.all(callers);
    },
  };
}

/** Each place is used twice. */
const allPlacesWork = (clients: Client[]) =>
  eventually(async () => {
    const calls = Array.from({ length: 2 * concurrency }, (_, index) => clients[index % 2]?.runCode(sleeps(200)));
    for (const answer of await Promise.all(calls)) assert.equal(answer?.output, "slept\n");
  });

async function stopInTime(server: Gorunner, clients: Client[]): Promise<void> {
  for (const client of clients) client.close();
  assert.equal(await server.stop(), 0);
  await eventually(() => assert.deepEqual(orphansOf(server.pid), []));
}

export const lifetimes: ServiceAttack[] = [
  {
    name: "two seconds without descriptors, under load",
    line: "a host without descriptors",
    expected: "UNAVAILABLE meanwhile; then every place works, and SIGTERM ends the server in time",
    perform: async ({ start }) => {
      const server = await start({ executor: { concurrency } });
      const { clients, end } = load(server);
      await pause(withoutMs / 4);
      const giveBack = await lower("nofile", [server.pid], noDescriptors);
      await pause(withoutMs);
      await giveBack();
      await end();
      await allPlacesWork(clients);
      await stopInTime(server, clients);
    },
  },
  {
    name: "what starts sandboxes, killed ten times at random moments",
    line: "the starter of sandboxes killed",
    expected: "UNAVAILABLE for what was starting or ran; no process is left, no place is lost",
    perform: async ({ start }) => {
      const server = await start({ executor: { concurrency } });
      const { clients, end } = load(server);
      const chance = randomFrom(1);
      for (let kill = 0; kill < kills; kill++) {
        await eventually(() => assert.notDeepEqual(helpersOf(server.pid), []));
        await pause(momentsMs * chance());
        for (const pid of helpersOf(server.pid)) killIfThere(pid);
      }
      await end();
      await eventually(() => assert.deepEqual(orphansOf(server.pid), []));
      await allPlacesWork(clients);
      await stopInTime(server, clients);
    },
  },
  {
    name: "a server and what starts its sandboxes, killed at once while sandboxes start",
    line: "the starter of sandboxes killed",
    expected: "the next start leaves none of its processes",
    perform: async ({ start }) => {
      const doomed: number[] = [];
      for (let round = 0; round < 3; round++) {
        const server = await start({ executor: { concurrency } });
        const calls = clientsOf(server).map((client) => client.runCode(sleeps(1, `round ${round}`)).finally(() => client.close()));
        const ended = Promise.allSettled(calls);
        await pause(momentsMs + 10 * round);
        doomed.push(server.pid);
        for (const pid of processesOf(server.pid)) killIfThere(pid);
        await ended;
        await server.stop();
      }
      const next = await start();
      assert.deepEqual(doomed.flatMap(orphansOf), []);
      assert.equal(await next.stop(), 0);
    },
  },
];
