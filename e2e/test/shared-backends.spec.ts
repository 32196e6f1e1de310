import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { freshDatabase, freshRedis, startRedis, TcpProxy } from "@gorunner/testing";
import { Redis } from "ioredis";
import { type Client, clientsOf } from "../support/clients.js";
import { Gorunner } from "../support/gorunner.js";
import { hello } from "../support/programs.js";

describe("Two servers on one PostgreSQL and one Redis", function () {
  this.timeout(120_000);
  let servers: Gorunner[];
  let clients: Client[];
  let closeAll: () => Promise<unknown>;
  before(async () => {
    const [database, redis] = await Promise.all([freshDatabase(), freshRedis()]);
    const config = { db_uri: database.url, redis_addr: redis.url };
    // At the same moment, on an empty database: both migrate it.
    servers = await Promise.all([Gorunner.start({ config }), Gorunner.start({ config })]);
    clients = servers.flatMap(clientsOf);
    closeAll = () => Promise.all([database.drop(), redis.drop()]);
  });
  after(async () => {
    for (const client of clients) client.close();
    for (const server of servers) assert.equal(await server.stop(), 0);
    await closeAll();
  });

  it("behave as one: what one stores the other answers, what one deletes is gone on both, cached or not", async () => {
    for (const writer of clients) {
      const id = await writer.shareCode(hello);
      // From the store, from Redis, and from each server's memory.
      for (const reader of [...clients, ...clients, ...clients]) assert.equal((await reader.getCode(id)).output, "Hello RunCode!\n");
      assert.equal(await writer.deleteCode(id, 1n), true);
      for (const reader of clients) await assert.rejects(reader.getCode(id), { code: "NOT_FOUND" });
    }
  });

  it("of deletes that race on all of them exactly one succeeds", async () => {
    const id = await clients[0]?.shareCode(hello);
    assert.ok(id !== undefined);
    const outcomes = await Promise.allSettled(clients.map((client) => client.deleteCode(id, 1n)));
    assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 1);
  });

  it("give forty racing shares forty ids", async () => {
    const broken = "package main\n";
    const ids = await Promise.all(Array.from({ length: 40 }, (_, index) => clients[index % clients.length]?.shareCode(broken)));
    assert.equal(new Set(ids).size, 40);
  });
});

describe("A server that was started and never asked", function () {
  this.timeout(120_000);

  it("knows in two seconds what another one deleted that was cut off from Redis, and tells Redis", async () => {
    const [database, redis] = await Promise.all([freshDatabase(), startRedis()]);
    const proxy = await TcpProxy.open(redis.port);
    const direct = new Redis(redis.url);
    const start = (redisUrl: string) => Gorunner.start({ config: { db_uri: database.url, redis_addr: redisUrl } });
    const [cutOff, idle] = await Promise.all([start(proxy.through(redis.url)), start(redis.url)]);
    const [deleting = assert.fail(), reading = assert.fail()] = [cutOff, idle].map((server) => clientsOf(server)[0]);
    try {
      const [id, other] = [await deleting.shareCode("package main\n"), await deleting.shareCode("package main\n")];
      for (const each of [id, other]) assert.equal((await deleting.getCode(each)).code, "package main\n");
      const inRedis = () => direct.get(`gorunner:snippet:${id}`);
      assert.match(String(await inRedis()), /^\{/);
      proxy.become({ kind: "closed" });
      assert.equal(await deleting.deleteCode(id, 1n), true);
      await pause(2000);
      await assert.rejects(reading.getCode(id), { code: "NOT_FOUND" });
      assert.equal(await reading.deleteCode(other, 1n), true);
      // Whoever comes now is told by Redis that it knows of all that lies before that one.
      for (const deadline = performance.now() + 20_000; (await direct.get("gorunner:deletions")) !== "2"; await pause(50)) {
        assert.ok(performance.now() < deadline, "Redis is told how far it knows");
        await assert.rejects(reading.getCode(id), { code: "NOT_FOUND" });
      }
      assert.equal(await inRedis(), "buried");
    } finally {
      for (const client of [deleting, reading]) client.close();
      for (const server of [cutOff, idle]) assert.equal(await server.stop(), 0);
      direct.disconnect();
      await proxy.close();
      await Promise.all([redis.stop(), database.drop()]);
    }
  });
});

describe("A server whose Redis is gone, slow or back again", function () {
  this.timeout(120_000);

  it("reads and writes go on, and the log says so once each time", async () => {
    const redis = await startRedis();
    const database = await freshDatabase();
    const server = await Gorunner.start({ config: { db_uri: database.url, redis_addr: redis.url } });
    const [client, rest] = clientsOf(server);
    assert.ok(client !== undefined && rest !== undefined);
    const redisLines = () => server.logs.filter(({ msg }) => /redis/i.test(msg)).map(({ msg }) => msg);
    const readAndWrite = async () => {
      const id = await client.shareCode("package main\n");
      for (let round = 0; round < 5; round++) assert.equal((await rest.getCode(id)).code, "package main\n");
      assert.equal(await client.deleteCode(id, 1n), true);
      await assert.rejects(client.getCode(id), { code: "NOT_FOUND" });
    };
    try {
      await readAndWrite();
      assert.deepEqual(redisLines(), []);
      redis.pause();
      const start = performance.now();
      await readAndWrite();
      // Eight calls wait for the paused Redis for a quarter of a second each at most; the bound is ten times as wide.
      assert.ok(performance.now() - start < 30_000);
      redis.resume();
      await server.logged(/redis.*(back|again|reach)/i);
      await redis.kill();
      await readAndWrite();
      await readAndWrite();
      await redis.start();
      await readAndWrite();
      assert.ok(redisLines().length >= 2 && redisLines().length <= 5, redisLines().join("\n"));
    } finally {
      client.close();
      assert.equal(await server.stop(), 0);
      await redis.stop();
      await database.drop();
    }
  });
});
