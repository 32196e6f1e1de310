import assert from "node:assert/strict";
import { internal, silentLogger, unavailable } from "@gorunner/core";
import { migrateOnce, migrateWhenReachable } from "../../src/lifecycle/migrate.js";

/** Migrations of a store that fails as told, once for each error, and then is migrated. */
function migrationsThatFail(...errors: Error[]) {
  let calls = 0;
  const up = async () => {
    const error = errors[calls++];
    if (error !== undefined) throw error;
    return ["0001-snippets"];
  };
  return { migrations: { up }, calls: () => calls };
}

const down = () => unavailable("the database can't be reached");

describe("migrateOnce", () => {
  it("says whether the store could be reached", async () => {
    const logger = silentLogger;
    assert.equal(await migrateOnce({ ...migrationsThatFail(), logger }), true);
    assert.equal(await migrateOnce({ ...migrationsThatFail(down()), logger }), false);
  });

  it("rejects for a schema that is not ours", async () => {
    const run = { ...migrationsThatFail(internal("the schema is newer than this program")), logger: silentLogger };
    await assert.rejects(migrateOnce(run), /newer/);
  });
});

describe("migrateWhenReachable", () => {
  const aRun = (...errors: Error[]) => {
    const stopping = new AbortController();
    const fake = migrationsThatFail(...errors);
    return { run: { ...fake, logger: silentLogger, signal: stopping.signal, firstPauseMs: 1 }, stopping, calls: fake.calls };
  };

  it("tries until the store is there", async () => {
    const { run, calls } = aRun(down(), down());
    await migrateWhenReachable(run);
    assert.equal(calls(), 3);
  });

  it("rejects when the store is there and its schema is not ours", async () => {
    await assert.rejects(migrateWhenReachable(aRun(down(), internal("newer")).run), /newer/);
  });

  it("ends without a word when the server stops", async () => {
    const { run, stopping, calls } = aRun(down());
    const ended = migrateWhenReachable({ ...run, firstPauseMs: 600_000 });
    stopping.abort();
    await ended;
    assert.equal(calls(), 0);
  });
});
