/** What the number of stored snippets costs a reader, by the level that has the snippet. */
import { join } from "node:path";
import { grpcClient, restClient } from "@gorunner/e2e/support/clients.js";
import type { Bench, Row } from "../bench.js";
import { timed } from "../interleave.js";
import { countersAt, since, sumOf } from "../server/counters.js";
import { startWarm } from "../server/start-server.js";
import { median, type Point } from "../statistics.js";
import { startBackends } from "../storage/backends.js";
import { type Level, lookedUp, pastRedis } from "../storage/levels.js";
import { postgresShelf, type Shelf, sqliteShelf } from "../storage/shelf.js";

/** Enough for a median of something that takes a millisecond. */
const reads = 200;
const leastShare = 0.9;
/** A server that finds Redis slow for a moment goes past it for a while. */
const mostAttempts = 5;
const transports = ["gRPC", "REST"] as const;
type Transport = (typeof transports)[number];

interface ReadLevel extends Pick<Level, "name" | "server" | "clients" | "answers"> {
  series: Record<Transport, Point[]>;
}

/** A store, and the levels at which its snippets are found, one after the other: the second has what the first has read. */
interface Place {
  shelf: Shelf;
  levels: [ReadLevel, ReadLevel];
}

export const stored: Row = async (bench) => {
  const closing: (() => Promise<unknown>)[] = [];
  try {
    const places = await openPlaces(bench, closing);
    // The first calls of a kind are slower whatever is stored.
    for (const place of places) await readAt(place, await place.shelf.add(2 * reads));
    let discarded = 0;
    for (const size of bench.counts.stored) {
      bench.progress(`with ${size} snippets`);
      for (const place of places) {
        let found = await readAt(place, await place.shelf.add(Math.max(2 * reads, size - (await place.shelf.count()))));
        for (let attempt = 1; !found.every(({ share }) => share >= leastShare); attempt++) {
          if (attempt === mostAttempts) throw new Error(`${found.map(({ level }) => level.name).join(" or ")} does not answer what it has`);
          discarded += 1;
          found = await readAt(place, await place.shelf.add(2 * reads));
        }
        // What was read in vain is stored as well.
        const x = await place.shelf.count();
        for (const { level, figures } of found)
          for (const transport of transports) level.series[transport].push({ x, y: median(figures[transport]) });
      }
    }
    return {
      lines: [],
      notes: [
        `Each of ${reads} reads a point and transport is of another snippet, one after another. SQLite and PostgreSQL: never read before. Process: read once before. Redis: read once before, through another server.`,
        `That it was this level that answered at least nine reads of ten is seen in the server's counters; ${discarded} times another one did, and other snippets were read.`,
      ],
      curve: {
        title: "Reading by stored snippets",
        x: { label: "stored snippets", logarithmic: true },
        y: { label: "ms, median", logarithmic: false },
        series: places
          .flatMap(({ levels }) => levels)
          .flatMap(({ name, series }) => transports.map((each) => ({ name: `${each}, ${name}`, points: series[each] }))),
      },
    };
  } finally {
    for (const close of closing.toReversed()) await close();
  }
};

/**
 * Servers and stores of their own: what other rows have stored would count as well.
 * @param closing where that goes which has to be closed.
 */
async function openPlaces(bench: Bench, closing: (() => Promise<unknown>)[]): Promise<[Place, Place]> {
  const backends = await startBackends();
  closing.push(() => backends.stop());
  const database = join(bench.directory, "stored.db");
  const shared = { db_uri: backends.postgresUrl, redis_addr: backends.redisUrl };
  const start = async (settings: Record<string, unknown> = {}) => {
    const server = await startWarm({ cacheDir: bench.places.cacheDir, database }, settings);
    closing.push(() => server.stop());
    const clients = { gRPC: grpcClient(server.grpc), REST: restClient(server.rest) };
    closing.push(async () => clients.gRPC.close());
    return { server, clients };
  };
  const [own, reader, other] = [await start(), await start(shared), await start(shared)];
  const sqlite = sqliteShelf(database);
  closing.push(() => sqlite.close());
  const postgres = await postgresShelf(backends.postgresUrl);
  closing.push(() => postgres.close());
  const level = (name: string, at: Pick<Level, "server" | "clients">, answers: readonly string[]): ReadLevel => ({
    name,
    ...at,
    answers,
    series: { gRPC: [], REST: [] },
  });
  return [
    { shelf: sqlite, levels: [level("SQLite", own, [lookedUp("process", "miss")]), level("process", own, [lookedUp("process", "hit")])] },
    { shelf: postgres, levels: [level("PostgreSQL", reader, pastRedis), level("Redis", other, [lookedUp("redis", "hit")])] },
  ];
}

/** Of what was just stored, spread over all of it. */
async function readAt({ levels }: Place, stored: readonly bigint[]) {
  const step = Math.max(1, Math.floor(stored.length / (2 * reads)));
  const ids = Array.from({ length: 2 * reads }, (_, read) => stored[read * step]).filter((id) => id !== undefined);
  const found = [];
  for (const level of levels) found.push({ level, ...(await readEach(level, ids)) });
  return found;
}

/** Both transports in turns. @returns how long each read took, and the share of them that the level answered. */
async function readEach({ server, clients, answers }: ReadLevel, ids: readonly bigint[]) {
  const before = await countersAt(server.metrics);
  const figures: Record<Transport, number[]> = { gRPC: [], REST: [] };
  for (const [read, id] of ids.entries()) {
    const transport = transports[read % 2] ?? "gRPC";
    figures[transport].push(await timed(() => clients[transport].getCode(id)));
  }
  return { figures, share: sumOf(since(before, await countersAt(server.metrics)), answers) / ids.length };
}
