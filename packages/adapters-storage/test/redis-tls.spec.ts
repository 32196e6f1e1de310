import assert from "node:assert/strict";
import { join } from "node:path";
import { checkRedis, parseRedisAddress } from "@gorunner/adapters-storage";
import { aStoredSnippet } from "@gorunner/core/contract";
import { startRedis, type TestServer } from "@gorunner/testing";
import { Redis } from "ioredis";
import { openServerCache } from "./support/caches.js";
import { recordingLogger, runnerError } from "./support.js";

describe("rediss://, against a server with a certificate for localhost", () => {
  const password = "p@ss/w:rd?";
  let server: TestServer;
  let ca: string;
  before(async () => {
    server = await startRedis({ tls: true, password });
    ca = join(server.directory, "server.crt");
    const admin = new Redis(server.url, { tls: { rejectUnauthorized: false }, protocol: 2 });
    await admin.call("ACL", "SETUSER", "runner", "on", `>${password}`, "~gorunner:*", "&gorunner:*", "+@all");
    await admin.quit();
  });
  after(() => server.stop());

  const address = (user: string, host = "localhost", query = `?cacert=${encodeURIComponent(ca)}`, db = 3) =>
    `rediss://${user}:${encodeURIComponent(password)}@${host}:${server.port}/${db}${query}`;

  for (const user of ["", "runner"]) {
    it(`${user === "" ? "a password alone" : "a user who may only touch what is gorunner:"}, a database and a CA work, memory and burials included`, async () => {
      const { lines, logger } = recordingLogger();
      const [one, other] = [await openServerCache(address(user), { logger }), await openServerCache(address(user), { logger })];
      const snippet = aStoredSnippet({ id: user === "" ? 1n : 2n });
      await one.fill(snippet, 60_000);
      for (let round = 0; round < 3; round++) assert.deepEqual(await other.get(snippet.id), snippet);
      await one.bury(snippet.id);
      assert.equal(await other.get(snippet.id), undefined);
      const direct = new Redis(server.url, { tls: { rejectUnauthorized: false }, protocol: 2, db: 3 });
      assert.equal(await direct.get(`gorunner:snippet:${snippet.id}`), "buried");
      direct.disconnect();
      await one.close();
      await other.close();
      assert.deepEqual(lines, []);
    });
  }

  it("a certificate that nobody vouches for, or of another host, is refused", async () => {
    const unknown = parseRedisAddress(address("", "localhost", ""));
    await assert.rejects(checkRedis(unknown), runnerError("UNAVAILABLE", /SELF_SIGNED/));
    const elsewhere = parseRedisAddress(address("", "127.0.0.1"));
    await assert.rejects(checkRedis(elsewhere), runnerError("UNAVAILABLE", /ALTNAME/));
  });

  it("a CA that can't be read is told at once", async () => {
    const lost = parseRedisAddress(address("", "localhost", "?cacert=/no/such/file"));
    await assert.rejects(checkRedis(lost), runnerError("INVALID_ARGUMENT", /cacert \/no\/such\/file .*ENOENT/));
  });

  it("without TLS a server that wants it is UNAVAILABLE", async () => {
    await assert.rejects(checkRedis(parseRedisAddress(`127.0.0.1:${server.port}`)), runnerError("UNAVAILABLE"));
  });
});
