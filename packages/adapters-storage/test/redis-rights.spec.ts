import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { checkRedis, parseRedisAddress } from "@gorunner/adapters-storage";
import { aStoredSnippet } from "@gorunner/core/contract";
import { startRedis, type TestServer } from "@gorunner/testing";
import { Redis } from "ioredis";
import { openServerCache } from "./support/caches.js";
import { eventually, recordingLogger, runnerError } from "./support.js";

const operations = readFileSync(new URL("../../../docs/operations.md", import.meta.url), "utf8");

describe("a Redis that is not all ours", () => {
  let server: TestServer;
  let owner: Redis;
  before(async () => {
    server = await startRedis();
    owner = new Redis(server.url);
  });
  after(async () => {
    owner.disconnect();
    await server.stop();
  });

  it("works with the rights that docs/operations.md names, in every command", async () => {
    const [, rights = ""] = /^ACL SETUSER runner (.*)$/m.exec(operations) ?? assert.fail("no rights are named");
    await owner.call("ACL", "SETUSER", "runner", ...rights.replace("PASSWORD", "pw").split(" "));
    const { logger, lines } = recordingLogger();
    const cache = await openServerCache(Object.assign(new URL(server.url), { username: "runner", password: "pw" }).href, { logger });
    await cache.fillAbsent(8n, 60_000);
    await cache.bury(aStoredSnippet().id);
    await cache.fill(aStoredSnippet(), 60_000);
    assert.equal(await cache.get(aStoredSnippet().id), undefined);
    await cache.close();
    assert.deepEqual(lines, []);
  });

  it("is not used at all where the database that was asked for is not there", async () => {
    await owner.flushall();
    const url = Object.assign(new URL(server.url), { pathname: "/99" }).href;
    const { logger, lines, fields } = recordingLogger();
    const cache = await openServerCache(url, { logger, isReady: false });
    await eventually(() => assert.deepEqual(lines, ["warn Redis is unavailable"]));
    assert.match(String(fields[0]?.["reason"]), /no such database/);
    for (let round = 0; round < 20; round++) {
      await cache.fill(aStoredSnippet(), 60_000);
      assert.equal(await cache.get(aStoredSnippet().id), undefined);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await cache.bury(aStoredSnippet().id);
    await cache.close();
    assert.deepEqual(await owner.keys("*"), []);
    await assert.rejects(checkRedis(parseRedisAddress(url)), runnerError("UNAVAILABLE", /no such database/));
  });
});
