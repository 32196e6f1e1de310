import assert from "node:assert/strict";
import { internal, type LogFields, silentLogger, unavailable } from "@gorunner/core";
import { migrateAtStart, withoutMigration } from "../../src/lifecycle/migrate.js";

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

function aRun(...errors: Error[]) {
  const stopping = new AbortController();
  const fake = migrationsThatFail(...errors);
  const warnings: unknown[] = [];
  const logger = { ...silentLogger, warn: (message: string, fields?: LogFields) => void warnings.push(fields?.["reason"] ?? message) };
  return { run: { ...fake, logger, signal: stopping.signal, firstPauseMs: 1 }, stopping, warnings, calls: fake.calls };
}

describe("migrateAtStart", () => {
  it("rejects for a schema that is not ours, at once or when the store is there", async () => {
    await assert.rejects(migrateAtStart(aRun(internal("newer")).run), /newer/);
    const { rest } = await migrateAtStart(aRun(down(), internal("newer")).run);
    await assert.rejects(rest, /newer/);
  });

  it("tries until the store is there, and tells each reason once", async () => {
    const { run, calls, warnings } = aRun(down(), down(), unavailable("somebody holds a lock"));
    const { rest } = await migrateAtStart(run);
    await rest;
    assert.equal(calls(), 4);
    assert.deepEqual(warnings, ["the database can't be reached", "somebody holds a lock"]);
  });

  it("does not wait for a migration that takes its time, and says so", async () => {
    const { run, warnings } = aRun();
    const migrated = Promise.withResolvers<string[]>();
    const { rest } = await migrateAtStart({ ...run, migrations: { up: () => migrated.promise }, patienceMs: 1 });
    assert.match(String(warnings), /takes its time/);
    migrated.resolve([]);
    await rest;
  });

  it("ends without a word when the server stops, and has what is under way end", async () => {
    const { run, stopping, calls, warnings } = aRun(down());
    const { rest } = await migrateAtStart({ ...run, firstPauseMs: 600_000 });
    const up = ({ signal }: { signal?: AbortSignal } = {}) =>
      new Promise<string[]>((_resolve, reject) => signal?.addEventListener("abort", () => reject(down())));
    const other = migrateAtStart({ ...run, migrations: { up } });
    stopping.abort();
    await rest;
    await (await other).rest;
    assert.equal(calls(), 1);
    assert.deepEqual(warnings, ["the database can't be reached"]);
  });

  it("without migration asks the version alone", async () => {
    const { run } = aRun();
    let asked = 0;
    await (await migrateAtStart({ ...run, migrations: withoutMigration({ checkVersion: async () => void asked++ }) })).rest;
    assert.equal(asked, 1);
  });
});
