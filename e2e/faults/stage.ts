/** Where faults are played: two servers on one PostgreSQL and one Redis, each by ways of its own that can be made worse. */
import assert from "node:assert/strict";
import { startPostgres, startRedis, TcpProxy, type TestServer } from "@gorunner/testing";
import { type Client, clientsOf } from "../support/clients.js";
import { Gorunner } from "../support/gorunner.js";

export interface Seat {
  name: "A" | "B";
  server: Gorunner;
  /** One a transport. */
  clients: Client[];
  ways: { postgres: TcpProxy; redis: TcpProxy };
}

export interface Stage {
  postgres: TestServer;
  redis: TestServer;
  seats: [Seat, Seat];
  /** Every client of every server. */
  clients: Client[];
  /** What the servers run with as `db.timeout`. */
  storeTimeoutMs: number;
  /** Ends everything; the servers must end well, whatever they went through. */
  close(): Promise<void>;
}

/** Few enough for a test to use them up, enough for both servers' pools. */
const maxConnections = 40;

export async function openStage({ storeTimeoutMs }: { storeTimeoutMs: number }): Promise<Stage> {
  const [postgres, redis] = await Promise.all([
    startPostgres({ settings: { max_connections: String(maxConnections) } }),
    startRedis({ durable: true }),
  ]);
  const seat = async (name: Seat["name"]): Promise<Seat> => {
    const ways = { postgres: await TcpProxy.open(postgres.port), redis: await TcpProxy.open(redis.port) };
    const server = await Gorunner.start({
      config: {
        db_uri: ways.postgres.through(postgres.url),
        db: { timeout: `${storeTimeoutMs}ms` },
        redis_addr: ways.redis.through(redis.url),
      },
    });
    return { name, server, clients: clientsOf(server), ways };
  };
  const seats = await Promise.all([seat("A"), seat("B")]);
  return {
    postgres,
    redis,
    seats,
    clients: seats.flatMap(({ clients }) => clients),
    storeTimeoutMs,
    async close() {
      const ends = await Promise.all(seats.map(closeSeat));
      await Promise.all([postgres.stop(), redis.stop()]);
      assert.deepEqual(ends, [0, 0], "a server did not end well");
    },
  };
}

async function closeSeat({ server, clients, ways }: Seat): Promise<number | NodeJS.Signals> {
  for (const client of clients) client.close();
  const end = await server.stop();
  await Promise.all([ways.postgres.close(), ways.redis.close()]);
  return end;
}
