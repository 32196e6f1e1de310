/** Clients that take connections, calls and memory, and give nothing for it. */
import assert from "node:assert/strict";
import { clientsOf, restClient } from "../../../support/clients.js";
import type { Gorunner } from "../../../support/gorunner.js";
import { hello } from "../../../support/programs.js";
import type { ServiceAttack } from "../../service.js";
import { residentMib, type Stage } from "../stage.js";
import { type Flood, halfMessages, headerOnlyCalls, idleConnections, neverReads, together } from "./floods.js";
import { Neighbour } from "./neighbour.js";

const mib = 1024 * 1024;
const mostMib = 100;
/**
 * Three times as long is what is meant; ten times as wide. The flood is made by the process that measures, which holds the
 * neighbour's calls up as well: below a few seconds the figures say nothing on a busy machine.
 */
const mostTimes = 30;
const measurableMs = 20_000;

/** Its answer is six times as large: JSON writes each of these bytes as six. */
const printsMuch =
  'package main\n\nimport (\n\t"os"\n\t"strings"\n)\n\nfunc main() { os.Stdout.WriteString(strings.Repeat("\\x01", 1<<20-1)) }\n';

/** What a flood needs of its server first. */
type Prepare = (server: Gorunner) => Promise<Flood>;

const lifted = {
  connections: 1_000_000,
  connections_per_peer: 1_000_000,
  buffers: "64GiB",
  receive_timeout: "480h",
  answer_timeout: "480h",
};

/** Without any bound of the edge that the configuration has. */
const unbounded = {
  grpc: { host: "127.0.0.1", port: 0, streams: 2 ** 31 - 1, message_limit: "16MiB", ...lifted },
  http: { host: "127.0.0.1", port: 0, ...lifted },
};

/** Work after which the heap of a server is as large as traffic of any kind makes it, so that what a flood costs shows by itself. */
async function ordinaryTraffic(server: Gorunner): Promise<void> {
  const clients = clientsOf(server);
  const id = await clients[0]?.shareCode(hello);
  for (let round = 0; round < 100; round++) {
    await Promise.all(Array.from({ length: 80 }, (_, index) => clients[index % 2]?.getCode(id ?? 0n)));
  }
  for (const client of clients) client.close();
}

/** The most memory that a server of its own had more during the flood than before it. */
async function floodedMib(stage: Stage, { prepare, config }: { prepare: Prepare; config?: Record<string, unknown> }): Promise<number> {
  const server = await stage.start(config === undefined ? {} : { config });
  try {
    const flood = await prepare(server);
    const neighbour = new Neighbour(server);
    const aloneMs = await neighbour.runs(10);
    await ordinaryTraffic(server);
    const before = residentMib(server.pid);
    let most = before;
    const watch = setInterval(() => {
      most = Math.max(most, residentMib(server.pid));
    }, 50);
    const { result, p99Ms } = await neighbour.runsWhile(flood(server)).finally(() => clearInterval(watch));
    most = Math.max(most, residentMib(server.pid));
    result.letGo();
    if (config === undefined)
      assert.ok(p99Ms <= Math.max(mostTimes * aloneMs, measurableMs), `the neighbour waited ${p99Ms} ms, ${aloneMs} ms before`);
    return most - before;
  } finally {
    await server.stop();
  }
}

const anAttack = (attack: {
  name: string;
  line: ServiceAttack["line"];
  expected: string;
  prepare: Prepare;
  /** The same on another scale, which costs more without the bounds than all of the attack may. */
  lesser: Prepare;
  /** What that costs at least. */
  lesserMib?: number;
}): ServiceAttack => ({
  name: attack.name,
  line: attack.line,
  expected: attack.expected,
  control: {
    without: "the bounds of the edge",
    succeed: async (stage) => {
      const grown = await floodedMib(stage, { prepare: attack.lesser, config: unbounded });
      assert.ok(grown > (attack.lesserMib ?? mostMib), `only ${grown} MiB without the bounds`);
    },
  },
  perform: async (stage) => {
    const grown = await floodedMib(stage, { prepare: attack.prepare });
    assert.ok(grown < mostMib, `${grown} MiB more memory`);
  },
});

const always =
  (flood: Flood): Prepare =>
  () =>
    Promise.resolve(flood);
const unread =
  (count: number): Prepare =>
  async (server) =>
    neverReads({ count, id: await restClient(server.rest).shareCode(printsMuch) });

const calls = always(headerOnlyCalls(600_000));
const connections = always(idleConnections(1000));
const messages = always(halfMessages({ count: 120, bytes: mib / 8 }));

export const edges: ServiceAttack[] = [
  anAttack({
    name: "600,000 calls that send their headers only, over gRPC",
    line: "calls, connections and messages without end",
    expected: "a few hundred are open at a time; the rest are refused",
    prepare: calls,
    lesser: always(headerOnlyCalls(15_000)),
  }),
  anAttack({
    name: "1,000 connections that say nothing, on both ports",
    line: "calls, connections and messages without end",
    expected: "they cost a socket each, and are closed after their time",
    prepare: connections,
    // As many as a process may have descriptors for, less than 20,000; with the bounds the attack costs some 8 MiB.
    lesser: always(idleConnections(15_000)),
    lesserMib: 50,
  }),
  anAttack({
    name: "120 messages that lack a byte, over gRPC",
    line: "calls, connections and messages without end",
    expected: "RESOURCE_EXHAUSTED for those that have no room; the rest end after their time",
    prepare: messages,
    lesser: always(halfMessages({ count: 10, bytes: 16 * mib })),
  }),
  anAttack({
    name: "20 answers of 6 MiB that nobody reads, each on a connection of its own",
    line: "slow reader",
    expected: "429 for those that have no room; the rest are cut after their time",
    prepare: unread(20),
    lesser: unread(20),
  }),
  anAttack({
    name: "600,000 calls, 1,000 connections, 120 half messages and 20 unread answers together",
    line: "calls, connections and messages without end",
    expected: "together they cost less than 100 MiB, and a caller on another address is served",
    prepare: async (server) => together([await calls(server), await connections(server), await messages(server), await unread(20)(server)]),
    lesser: async (server) => together([headerOnlyCalls(12_000), await unread(20)(server)]),
  }),
];
