/** Using up all connections that a server allows, so that ours find none. */
import { setTimeout as pause } from "node:timers/promises";
import { Redis } from "ioredis";
import pg from "pg";
import type { Stage } from "./stage.js";

/** Between two tries to take what has become free. */
const everyMs = 50;
/** How often in a row there must be nothing to take and nobody to throw out. */
const quietTries = 3;

/** Takes every connection, those of the servers too: they are thrown out, and what they leave is taken before they are back. */
export async function hogPostgres({ postgres }: Stage): Promise<() => Promise<void>> {
  const held: pg.Client[] = [];
  const takeAll = async () => {
    for (;;) {
      const client = new pg.Client({ connectionString: postgres.url, application_name: "hog" });
      // A connection that was refused breaks once more, which would end the process.
      client.on("error", () => {});
      try {
        await client.connect();
      } catch (failure) {
        if ((failure as { code?: string }).code === "53300") return;
        throw failure;
      }
      held.push(client);
    }
  };
  await takeAll();
  for (let quiet = 0; quiet < quietTries; ) {
    const { rows } = (await held[0]?.query<{ count: number }>(throwOutOthers)) ?? { rows: [] };
    quiet = rows[0]?.count === 0 ? quiet + 1 : 0;
    await takeAll();
    await pause(everyMs);
  }
  return async () => {
    await Promise.all(held.map((client) => client.end()));
  };
}

const throwOutOthers = `
  select count(pg_terminate_backend(pid))::int as count from pg_stat_activity
  where backend_type = 'client backend' and application_name <> 'hog'`;

/** Allows no more connections than there are after all others have been thrown out. */
export async function hogRedis({ redis }: Stage): Promise<() => Promise<void>> {
  const client = new Redis(redis.url, { lazyConnect: true, protocol: 2 });
  await client.connect();
  const [, usual = "10000"] = (await client.config("GET", "maxclients")) as string[];
  await client.config("SET", "maxclients", "1");
  for (const type of ["normal", "pubsub"]) await client.call("CLIENT", "KILL", "TYPE", type, "SKIPME", "yes");
  return async () => {
    await client.config("SET", "maxclients", usual);
    client.disconnect();
  };
}
