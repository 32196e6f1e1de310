import assert from "node:assert/strict";
import { openSnippetCache, PostgresDatabase, PostgresSnippetRepo, parseStoreUri, StoreTimeLimit } from "@gorunner/adapters-storage";
import { GetSnippet, silentLogger } from "@gorunner/core";
import { aSnippet } from "@gorunner/core/contract";
import { GatedRepo } from "./support/gated-repo.js";
import { freshPostgresStore, noMetrics, runnerError } from "./support.js";

describe("a call to the store has one time limit, however many statements it is", () => {
  it("a save that has to look again and again", async () => {
    const deadlines: (number | undefined)[] = [];
    let calls = 0;
    const repo = new PostgresSnippetRepo({
      deadline: () => ++calls * 1000,
      // As when the snippet that has the key is deleted each time before it is looked for.
      async query(_statement, deadline) {
        deadlines.push(deadline);
        return [];
      },
    });
    await assert.rejects(repo.save(aSnippet()), runnerError("UNAVAILABLE"));
    assert.deepEqual(
      deadlines,
      Array.from({ length: 9 }, () => 1000),
    );
  });

  it("a statement ends when its call's time is over, though its own would last longer", async () => {
    const { url, close } = await freshPostgresStore();
    const location = parseStoreUri(url);
    assert.ok(location.kind === "postgres");
    const database = new PostgresDatabase(location, { poolSize: 1, timeoutMs: 60_000, logger: silentLogger });
    const start = performance.now();
    const sleeping = database.query({ name: "", text: "select pg_sleep(30)", values: [], isRepeatable: true }, start + 100);
    await assert.rejects(sleeping, runnerError("UNAVAILABLE", /no answer in time/));
    assert.ok(performance.now() - start < 10_000);
    await database.close();
    await close();
  });
});

describe("StoreTimeLimit", () => {
  it("answers what the work does, and hands on its failure", async () => {
    const limit = new StoreTimeLimit({ timeoutMs: 60_000 });
    assert.equal(await limit.hold(async (isOver) => isOver()), false);
    await assert.rejects(
      limit.hold(() => Promise.reject(new Error("no"))),
      /^Error: no$/,
    );
  });

  it("bounds a read that waits for the log of deletions and for the store, and the work hears of it", async () => {
    const snippets = new GatedRepo();
    const { id } = await snippets.save(aSnippet());
    const { open } = snippets.hold();
    snippets.deletionsSince = () => new Promise(() => {});
    const cache = openSnippetCache({ snippets, logger: silentLogger, metrics: noMetrics });
    const getSnippet = new GetSnippet({ snippets, cache, timeLimit: new StoreTimeLimit({ timeoutMs: 50 }) });
    await assert.rejects(getSnippet.execute({ id }), runnerError("UNAVAILABLE", /in time/));
    // It was over before the log had been waited for, so nobody asked the store.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    assert.equal(snippets.reads, 0);
    open();
  });
});
