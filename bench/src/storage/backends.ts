/** A PostgreSQL and a Redis for one row, as servers in use are set up: what is committed is on the disk. */
import { startPostgres, startRedis } from "@gorunner/testing";

export interface Backends {
  postgresUrl: string;
  redisUrl: string;
  stop(): Promise<void>;
}

/** What the tests' servers leave out for speed. */
const durable = { fsync: "on", full_page_writes: "on", shared_buffers: "128MB", autovacuum: "on", max_wal_size: "2GB" };

export async function startBackends(): Promise<Backends> {
  const [postgres, redis] = await Promise.all([startPostgres({ settings: durable }), startRedis()]);
  return {
    postgresUrl: postgres.url,
    redisUrl: redis.url,
    async stop() {
      await Promise.all([postgres.stop(), redis.stop()]);
    },
  };
}
