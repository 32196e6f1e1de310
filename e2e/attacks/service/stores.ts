/** Stores that are full, altered by others, or hold what nobody of us wrote. */
import assert from "node:assert/strict";
import { startPostgres, startRedis } from "@gorunner/testing";
import { Redis } from "ioredis";
import pg from "pg";
import { CallError, restClient } from "../../support/clients.js";
import type { Gorunner } from "../../support/gorunner.js";
import { eventually } from "../../support/host.js";
import { metric } from "../../support/metrics.js";
import { hello } from "../../support/programs.js";
import type { ServiceAttack } from "../service.js";
import type { Stage } from "./stage.js";

const mib = 1024 * 1024;
const base = "95848d4";

/** Each byte is stored as three. */
const noText = (number: number) =>
  `package main\n\nimport (\n\t"bytes"\n\t"os"\n)\n\nfunc main() { os.Stdout.Write(bytes.Repeat([]byte{0xff}, 1<<20-1)) } // ${number}\n`;

/** Shares eight programs that print 1 MiB of what is no text. @returns how many were stored, and the last refusal. */
async function fill(server: Gorunner) {
  const client = restClient(server.rest);
  const ids: bigint[] = [];
  let refusal: unknown;
  for (let number = 0; number < 8; number++)
    await client.shareCode(noText(number)).then(
      (id) => ids.push(id),
      (error: unknown) => {
        refusal = error;
      },
    );
  return { ids, refusal, bytes: await metric(server.metrics, "runner_store_bytes"), client };
}

async function withDatabase(stage: Stage, body: (parts: { server: Gorunner; sql: (text: string) => Promise<unknown> }) => Promise<void>) {
  const postgres = await startPostgres();
  const server = await stage.start({ config: { db_uri: postgres.url } });
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  try {
    await body({ server, sql: (text) => client.query(text) });
  } finally {
    await client.end();
    await server.stop();
    await postgres.stop();
  }
}

async function withRedis(
  stage: Stage,
  parts: { prepare?: (redis: Redis) => Promise<unknown>; body: (scene: { server: Gorunner; redis: Redis }) => Promise<void> },
) {
  const started = await startRedis();
  const redis = new Redis(started.url);
  try {
    await parts.prepare?.(redis);
    // Redis is not used before a store that forgets.
    const server = await stage.start({ config: { db_uri: "sqlite:runner.db", redis_addr: started.url } });
    try {
      await parts.body({ server, redis });
    } finally {
      await server.stop();
    }
  } finally {
    redis.disconnect();
    await started.stop();
  }
}

export const stores: ServiceAttack[] = [
  {
    name: "shares of 1 MiB that are stored as 3, until the disk is full",
    line: "shares that fill the store",
    expected:
      "cut to what is stored of a snippet; RESOURCE_EXHAUSTED at the quota, before the program is executed; reads and deletions go on",
    representative: "once",
    control: {
      without: "the quota of the store",
      succeed: async ({ start }) => {
        const server = await start({ config: { store: { quota: "1GiB" } } });
        const { ids, bytes } = await fill(server);
        await server.stop();
        assert.ok(ids.length === 8 && bytes > 8 * mib, `${ids.length} shares, ${bytes} bytes`);
      },
    },
    perform: async ({ start }) => {
      const server = await start({ config: { store: { quota: "8MiB" } } });
      try {
        const { ids, refusal, bytes, client } = await fill(server);
        assert.equal(ids.length, 3, "of 2 MiB and a little each");
        assert.ok(bytes <= 8 * mib, `${bytes} bytes`);
        assert.ok(refusal instanceof CallError && refusal.code === "RESOURCE_EXHAUSTED" && Number(refusal.retryAfter) > 0);
        assert.match((await client.getCode(ids[0] ?? 0n)).output, /\[cut when it was shared: a snippet is stored with at most 2 MiB\]\n$/);
        for (const id of ids) await client.deleteCode(id, 1n);
        assert.equal((await client.getCode(await client.shareCode(hello))).code, hello);
      } finally {
        await server.stop();
      }
    },
  },
  {
    name: "PostgreSQL rows with a NULL code",
    line: "a store that others alter",
    expected: "NULL reads as empty",
    succeededAt: base,
    perform: (stage) =>
      withDatabase(stage, async ({ server, sql }) => {
        await sql("alter table shared_codes alter column code drop not null");
        await sql("insert into shared_codes (id) values (7)");
        assert.equal((await restClient(server.rest).getCode(7n)).code, "");
      }),
  },
  {
    name: "PostgreSQL ids that were inserted ahead of the sequence",
    line: "a store that others alter",
    expected: "shares are stored under ids that are free",
    succeededAt: base,
    perform: (stage) =>
      withDatabase(stage, async ({ server, sql }) => {
        await sql("insert into shared_codes (id, code) select n, 'by hand' from generate_series(1, 100) as n");
        assert.ok((await restClient(server.rest).shareCode(hello)) > 100n);
      }),
  },
  {
    name: "a PostgreSQL that takes no writes any more",
    line: "a store that others alter",
    expected: "/readyz says so until it takes writes again",
    succeededAt: base,
    perform: (stage) =>
      withDatabase(stage, async ({ server, sql }) => {
        const turn = async (value: "on" | "off") => {
          await sql("set default_transaction_read_only = off");
          await sql(`alter database postgres set default_transaction_read_only = ${value}`);
          await sql("select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = 'postgres'");
        };
        const readyz = async () => {
          const answer = await fetch(`${server.rest}/readyz`);
          return `${answer.status} ${await answer.text()}`;
        };
        await turn("on");
        await eventually(async () => assert.match(await readyz(), /^503 .*read-only/));
        await turn("off");
        await eventually(async () => assert.match(await readyz(), /^200 /));
      }),
  },
  {
    name: "garbage in each of our keys of Redis",
    line: "a Redis that others write to",
    expected: "a miss that is overwritten; Redis is used, and the log blames nobody",
    succeededAt: base,
    perform: (stage) =>
      withRedis(stage, {
        prepare: async (redis) => {
          await redis.rpush("gorunner:deletions", "garbage");
          await redis.hset("gorunner:listeners", "garbage", "1");
          await redis.sadd("gorunner:snippet:1", "garbage");
        },
        body: async ({ server, redis }) => {
          const client = restClient(server.rest);
          const id = await client.shareCode(hello);
          await eventually(async () => {
            await client.getCode(id);
            assert.match((await redis.get(`gorunner:snippet:${id}`)) ?? "", /Hello RunCode/);
            assert.ok((await metric(server.metrics, 'runner_snippet_cache_total{layer="process",result="hit"}')) > 0);
          });
          await client.deleteCode(id, 1n);
          assert.equal(await redis.get(`gorunner:snippet:${id}`), "buried");
          assert.deepEqual(told(server), []);
        },
      }),
  },
  {
    name: "a Redis that became a replica",
    line: "a Redis that others write to",
    expected: "not used until it takes a write: one line of log, a few connections, and one line when it is back",
    succeededAt: base,
    perform: (stage) =>
      withRedis(stage, {
        body: async ({ server, redis }) => {
          const client = restClient(server.rest);
          const id = await client.shareCode(hello);
          await redis.replicaof("127.0.0.1", 1);
          await redis.flushall().catch(() => {});
          const connections = async () => Number(/total_connections_received:(\d+)/.exec(await redis.info("stats"))?.[1]);
          await eventually(async () => {
            await client.shareCode(hello);
            assert.equal(told(server).length, 1);
          });
          const before = await connections();
          const until = performance.now() + 3000;
          while (performance.now() < until) {
            assert.equal((await client.getCode(id)).code, hello);
            await client.deleteCode(await client.shareCode(hello), 1n);
          }
          assert.deepEqual(told(server), ["Redis is unavailable"]);
          const made = (await connections()) - before;
          assert.ok(made <= 12, `${made} connections in 3 s`);
          await redis.replicaof("NO", "ONE");
          await eventually(() => assert.deepEqual(told(server), ["Redis is unavailable", "Redis is available again"]));
        },
      }),
  },
];

/** What the log says of Redis and of the store's log, but for its start. */
const told = (server: Gorunner) => server.logs.map(({ msg }) => msg).filter((msg) => /Redis|log of deletions/.test(msg));
