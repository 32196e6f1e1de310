import assert from "node:assert/strict";
import { createRunner, encodeUtf8, type Logger, RunnerError, StoreQuota, silentLogger, storedSizeOf } from "@gorunner/core";
import { InMemorySnippetRepo } from "@gorunner/core/contract";
import { runnerError } from "./expectations.js";
import { anExecution, fakePorts } from "./ports.js";

const code = "package main\n";
const kib = 1024;

describe("the quota of the store", () => {
  it("refuses a share before anything is executed, by what an operator does; reads and deletions go on", async () => {
    const { ports, journal } = fakePorts();
    const runner = createRunner({ ...ports, storeLimits: { quotaBytes: 2 * storedSizeOf({ code, output: "", error: "" }) } });
    const shared = [await runner.shareCode.execute({ code }), await runner.shareCode.execute({ code })];
    journal.length = 0;
    await assert.rejects(runner.shareCode.execute({ code }), (error) => {
      assert.ok(error instanceof RunnerError);
      assert.deepEqual([error.code, error.retryAfterMs], ["RESOURCE_EXHAUSTED", 60_000]);
      assert.match(
        error.message,
        /the store is full \(its quota is \d+ bytes\): an operator has to raise store\.quota or to delete snippets/,
      );
      return true;
    });
    assert.deepEqual(journal, ["snippets.storedBytes"]);
    const [first, second] = shared;
    assert.equal((await runner.getSnippet.execute({ id: first?.id ?? 0n })).code, code);
    await runner.runCode.execute({ code });
    await runner.deleteSnippet.execute({ id: second?.id ?? 0n, user: 1n });
    await runner.shareCode.execute({ code });
  });

  it("refuses what is too large for the room that is left, and takes what is not", async () => {
    const { ports } = fakePorts(async ({ files }) => anExecution({ stdout: encodeUtf8("x".repeat(files[0]?.content.length ?? 0)) }));
    const runner = createRunner({ ...ports, storeLimits: { quotaBytes: 10 * kib } });
    await assert.rejects(runner.shareCode.execute({ code: "c".repeat(6 * kib) }), runnerError("RESOURCE_EXHAUSTED"));
    await runner.shareCode.execute({ code: "c".repeat(4 * kib) });
  });

  it("holds for shares at once in one process", async () => {
    const snippets = new InMemorySnippetRepo();
    const { ports } = fakePorts();
    const size = storedSizeOf({ code, output: "", error: "" });
    const runner = createRunner({ ...ports, snippets, storeLimits: { quotaBytes: 10 * size } });
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, () => runner.shareCode.execute({ code })));
    assert.ok((await snippets.storedBytes()) <= 10 * size);
    for (const outcome of outcomes) if (outcome.status === "rejected") assert.equal(outcome.reason.code, "RESOURCE_EXHAUSTED");
    // Of those that were counted together none may have been stored; one after the other all fit.
    for (let number = await stored(snippets); number < 10; number++) await runner.shareCode.execute({ code });
    await assert.rejects(runner.shareCode.execute({ code }), runnerError("RESOURCE_EXHAUSTED"));
  });

  it("a save that fails gives its room back", async () => {
    const quota = quotaOf(async () => 0, { quotaBytes: 100 });
    for (let time = 0; time < 5; time++) {
      const failing = quota.saving(60, async () => {
        throw new Error("gone");
      });
      await assert.rejects(failing, /gone/);
    }
    assert.equal(await quota.saving(60, async () => "saved"), "saved");
  });

  it("warns once at 80 %, and again when it was below meanwhile; metrics are told each time", async () => {
    const lines: string[] = [];
    const measures: unknown[] = [];
    let bytes = 0;
    const logger: Logger = { ...silentLogger, warn: (message) => lines.push(message) };
    const quota = quotaOf(async () => bytes, { logger, storeMeasured: (measure) => measures.push(measure) });
    for (bytes of [0, 799, 800, 900, 1000, 1200, 700, 850]) await quota.measure();
    assert.deepEqual(lines, Array(2).fill("the store is nearly full: raise store.quota, or delete snippets"));
    assert.deepEqual(measures.slice(0, 2), [
      { bytes: 0, quotaBytes: 1000 },
      { bytes: 799, quotaBytes: 1000 },
    ]);
    assert.equal(measures.length, 8);
  });

  it("1 MiB of bytes that are no UTF-8 is cut to what is stored of a snippet", async () => {
    const { ports } = fakePorts(async () => anExecution({ stdout: new Uint8Array(1024 * kib).fill(0xff) }));
    const snippets = new InMemorySnippetRepo();
    const { output } = await createRunner({ ...ports, snippets }).shareCode.execute({ code });
    assert.match(output.slice(-100), /\ufffd\n\[cut when it was shared: a snippet is stored with at most 2 MiB\]\n$/);
    assert.ok((await snippets.storedBytes()) <= 2 * 1024 * kib + 512);
  });
});

const stored = async (snippets: InMemorySnippetRepo) => (await snippets.list({ limit: 100 })).snippets.length;

function quotaOf(
  storedBytes: () => Promise<number>,
  given: { quotaBytes?: number; logger?: Logger; storeMeasured?: (measure: { bytes: number; quotaBytes: number }) => void } = {},
): StoreQuota {
  const { quotaBytes = 1000, logger = silentLogger, storeMeasured = () => {} } = given;
  return new StoreQuota({ snippets: { storedBytes }, metrics: { storeMeasured }, logger, quotaBytes });
}
