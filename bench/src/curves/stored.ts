/** What the number of stored snippets costs a reader of one that is in no cache, by store. */
import { grpcClient, restClient } from "@gorunner/e2e/support/clients.js";
import type { Bench, Row } from "../bench.js";
import { timed } from "../interleave.js";
import { startWarm } from "../server/start-server.js";
import { median, type Point } from "../statistics.js";
import { startBackends } from "../storage/backends.js";
import { postgresShelf, type Shelf, sqliteShelf } from "../storage/shelf.js";

/** Enough for a median of something that takes a millisecond. */
const reads = 200;
const transports = ["gRPC", "REST"] as const;

interface Place {
  name: string;
  clients: Bench["clients"];
  shelf: Shelf;
  series: Record<(typeof transports)[number], Point[]>;
}

export const stored: Row = async (bench) => {
  const backends = await startBackends();
  const server = await startWarm(bench.places, { db_uri: backends.postgresUrl });
  const places: Place[] = [
    { name: "SQLite", clients: bench.clients, shelf: sqliteShelf(bench.places.database), series: { gRPC: [], REST: [] } },
    {
      name: "PostgreSQL",
      clients: { gRPC: grpcClient(server.grpc), REST: restClient(server.rest) },
      shelf: await postgresShelf(backends.postgresUrl),
      series: { gRPC: [], REST: [] },
    },
  ];
  try {
    // The first calls of a kind are slower whatever is stored.
    for (const place of places) await readEach(place, await place.shelf.add(2 * reads));
    let count = 2 * reads;
    for (const size of bench.counts.stored) {
      bench.progress(`with ${size} snippets`);
      for (const place of places) {
        const figures = await readEach(place, await place.shelf.add(size - count));
        for (const transport of transports) place.series[transport].push({ x: size, y: median(figures[transport]) });
      }
      count = size;
    }
    return {
      lines: [],
      notes: [`Each of ${reads} reads a point and transport is of a snippet never read before, one after another.`],
      curve: {
        title: "Reading by stored snippets",
        x: { label: "stored snippets", logarithmic: true },
        y: { label: "ms, median", logarithmic: false },
        series: places.flatMap(({ name, series }) => transports.map((each) => ({ name: `${each}, ${name}`, points: series[each] }))),
      },
    };
  } finally {
    for (const { shelf } of places) await shelf.close();
    places[1]?.clients.gRPC.close();
    await server.stop();
    await backends.stop();
  }
};

/** Of what was just stored, spread over all of it; both transports in turns. */
async function readEach({ clients }: Place, ids: readonly bigint[]): Promise<Record<(typeof transports)[number], number[]>> {
  const figures = { gRPC: [] as number[], REST: [] as number[] };
  const step = Math.max(1, Math.floor(ids.length / (2 * reads)));
  for (let read = 0; read < 2 * reads; read++) {
    const transport = transports[read % 2] ?? "gRPC";
    const id = ids[read * step];
    if (id !== undefined) figures[transport].push(await timed(() => clients[transport].getCode(id)));
  }
  return figures;
}
