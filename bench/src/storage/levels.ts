/** The levels at which a snippet can be found: servers, and snippets that one level has and none above it. */
import { grpcClient, restClient } from "@gorunner/e2e/support/clients.js";
import type { Gorunner } from "@gorunner/e2e/support/gorunner.js";
import type { Bench } from "../bench.js";
import { eachOf } from "../load.js";
import { hello } from "../programs.js";
import { Pgbench, redisGets } from "../references/storage-tools.js";
import { startWarm } from "../server/start-server.js";
import { startBackends } from "./backends.js";
import { postgresShelf, sqliteShelf } from "./shelf.js";

type Clients = Bench["clients"];

export interface Level {
  name: string;
  server: Gorunner;
  clients: Clients;
  /** Of so many snippets that this level has and none above it. */
  ids(count: number): Promise<bigint[]>;
  /** What the server's counters call an answer of this level: any of these. */
  answers: readonly string[];
  reference?: { name: string; perSecond(): Promise<number> };
}

export interface LevelsOptions {
  /** How many calls are under way at once, the references' too. */
  inFlight: number;
}

/** Rows of pgbench's table, in hundred thousands. */
const pgbenchScale = 10;

export async function withLevels<Result>(
  bench: Bench,
  { inFlight }: LevelsOptions,
  work: (levels: readonly Level[]) => Promise<Result>,
): Promise<Result> {
  const closing: (() => Promise<unknown>)[] = [];
  try {
    const backends = await startBackends();
    closing.push(() => backends.stop());
    const start = async () => {
      const server = await startWarm(bench.places, { db_uri: backends.postgresUrl, redis_addr: backends.redisUrl });
      closing.push(() => server.stop());
      const clients: Clients = { gRPC: grpcClient(server.grpc), REST: restClient(server.rest) };
      closing.push(async () => clients.gRPC.close());
      return { server, clients };
    };
    const reader = await start();
    const other = await start();
    const sqlite = sqliteShelf(bench.places.database);
    closing.push(() => sqlite.close());
    const postgres = await postgresShelf(backends.postgresUrl);
    closing.push(() => postgres.close());
    const pgbench = await Pgbench.open(backends.postgresUrl, { scale: pgbenchScale, directory: bench.directory });
    const own = { server: bench.server, clients: bench.clients };
    const hot = await own.clients.gRPC.shareCode(hello().code);
    return await work([
      { name: "process", ...own, ids: async (count) => Array.from({ length: count }, () => hot), answers: [lookedUp("process", "hit")] },
      {
        name: "Redis",
        ...reader,
        async ids(count) {
          const ids = await postgres.add(count);
          // What another server has read lies there.
          await eachOf(ids, { atOnce: inFlight }, (id) => other.clients.gRPC.getCode(id));
          return ids;
        },
        answers: [lookedUp("redis", "hit")],
        reference: {
          name: "redis-benchmark -t get",
          perSecond: () => redisGets(backends.redisUrl, { clients: inFlight, requests: 100_000, directory: bench.directory }),
        },
      },
      {
        name: "PostgreSQL",
        ...reader,
        ids: (count) => postgres.add(count),
        answers: pastRedis,
        reference: { name: "pgbench -S", perSecond: () => pgbench.reads({ clients: inFlight, seconds: bench.counts.toolSeconds }) },
      },
      { name: "SQLite", ...own, ids: (count) => sqlite.add(count), answers: [lookedUp("process", "miss")] },
    ]);
  } finally {
    for (const close of closing.toReversed()) await close();
  }
}

/** What a server that has a Redis reads in its store: what is not there, and what it did not wait for. */
export const pastRedis = [lookedUp("redis", "miss"), lookedUp("redis", "error")];

/** The name of a counter of lookups. */
export function lookedUp(layer: string, result: string): string {
  return `runner_snippet_cache_total{layer="${layer}",result="${result}"}`;
}
