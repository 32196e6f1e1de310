import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { type ExecutionRequest, encodeUtf8, RunnerError } from "@gorunner/core";
import { type Attempt, type Attempted, buildWithModules, type ModularParts } from "../../src/modules/build-with-modules.js";
import type { FailedFetch } from "../../src/modules/fetch-outcome.js";
import type { ReadyModules } from "../../src/modules/module-fetcher.js";
import type { StepOut } from "../../src/pool/admission.js";

const source: ExecutionRequest = {
  files: [{ path: "prog.go", content: encodeUtf8("package main\n") }],
  ...{ mode: "run", clock: "fake", vet: true, caller: "somebody" },
};
const resolved = [...source.files, { path: "go.mod", content: encodeUtf8("module play\n") }];
const needed: Attempted<string> = { outcome: "needs_modules", buildMs: 7 };
const done: Attempted<string> = { outcome: "done", done: "ran" };

interface Setup {
  attempts: Attempted<string>[];
  /** Of the standard library. */
  wait?: () => Promise<void>;
  fails?: FailedFetch;
}

function aHouse({ attempts, wait = async () => {}, fails }: Setup) {
  const told = {
    attempted: [] as Attempt[],
    ensured: [] as unknown[],
    fetchedFor: [] as (string | undefined)[],
    released: 0,
    outside: false,
  };
  const parts: ModularParts = {
    fetcher: {
      fetch: async (_, { caller } = {}) => {
        assert.equal(told.outside, true, "no place is held while modules are fetched");
        told.fetchedFor.push(caller);
        await delay(20);
        const ready: ReadyModules = {
          outcome: "ok",
          files: resolved,
          std: ["net"],
          directory: "/cache",
          release: () => void told.released++,
        };
        return { modules: fails ?? ready, waitedMs: 5 };
      },
    },
    library: {
      ensure: async (packages, { clock, vet }) => {
        assert.equal(told.outside, true, "no place is held while the library is made");
        told.ensured.push([packages, clock, vet]);
        await wait();
      },
    },
  };
  const stepOut: StepOut = async (outside) => {
    told.outside = true;
    await outside();
    told.outside = false;
    return { waitedMs: 100 };
  };
  const run = (signal = new AbortController().signal) =>
    buildWithModules(parts, { source, stepOut, signal }, async (attempt) => {
      const result = attempts[told.attempted.push(structuredCloneOf(attempt)) - 1];
      if (result === undefined) throw new RunnerError("UNAVAILABLE", "no sandbox");
      return result;
    });
  return { run, told };
}

/** What it was at that moment. */
const structuredCloneOf = (attempt: Attempt): Attempt => ({ ...attempt, spent: { ...attempt.spent } });

describe("a build with modules", () => {
  it("is a plain one where none are needed", async () => {
    const { run, told } = aHouse({ attempts: [done] });
    assert.deepEqual(await run(), done);
    assert.deepEqual([told.fetchedFor, told.ensured], [[], []]);
  });

  it("counts fetching, and waiting for turns and for the standard library, apart from building", async () => {
    const { run, told } = aHouse({ attempts: [needed, done], wait: () => delay(50) });
    assert.deepEqual(await run(), done);
    assert.deepEqual(told.ensured, [[["net"], "fake", true]]);
    assert.deepEqual(told.fetchedFor, ["somebody"]);
    const [, second] = told.attempted;
    assert.deepEqual([second?.source.files, second?.modules?.directory], [resolved, "/cache"]);
    const { waitMs = 0, fetchMs = 0, buildMs } = second?.spent ?? {};
    assert.ok(fetchMs >= 10 && waitMs >= 100 + 5 + 48 && buildMs === 7, `${fetchMs} ${waitMs} ${buildMs} ms`);
  });

  it("ends with what kept the modules from being fetched", async () => {
    const fails: FailedFetch = { outcome: "fetch_error", output: "not found\n", diagnostics: [] };
    const { run, told } = aHouse({ attempts: [needed], fails });
    const result = await run();
    assert.ok(result.outcome === "not_fetched");
    assert.deepEqual([result.fetch, result.spent.buildMs, told.attempted.length], [fails, 7, 1]);
  });

  it("gives the module cache back, whatever happens", async () => {
    const good = aHouse({ attempts: [needed, done] });
    await good.run();
    const broken = aHouse({ attempts: [needed] });
    await assert.rejects(broken.run(), /no sandbox/);
    const circular = aHouse({ attempts: [needed, needed] });
    await assert.rejects(circular.run(), /asked for modules again/);
    assert.deepEqual([good.told.released, broken.told.released, circular.told.released], [1, 1, 1]);
  });

  it("is cancelled also while it waits for the standard library", async () => {
    const controller = new AbortController();
    const { run, told } = aHouse({ attempts: [needed, done], wait: () => new Promise(() => controller.abort()) });
    await assert.rejects(run(controller.signal), (error) => error instanceof RunnerError && error.code === "CANCELLED");
    assert.equal(told.released, 1);
  });
});
