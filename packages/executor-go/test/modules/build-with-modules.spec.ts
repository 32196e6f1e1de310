import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { defaultLimits, type ExecutionRequest, encodeUtf8, RunnerError } from "@gorunner/core";
import type { ProgramBuilt, ProgramRequest } from "../../src/build/builder.js";
import { buildWithModules, type ModularParts } from "../../src/modules/build-with-modules.js";

const source: ExecutionRequest = {
  files: [{ path: "prog.go", content: encodeUtf8("package main\n") }],
  mode: "run",
  clock: "fake",
  vet: true,
};
const built: ProgramBuilt = { outcome: "ok", product: { tests: false, programs: [] } };
const resolved = [...source.files, { path: "go.mod", content: encodeUtf8("module play\n") }];

/** Longer than any other step, however busy the machine. */
const longMs = 600;

/** Each step takes 20 ms. */
function aHouse(results: ProgramBuilt[], wait: () => Promise<void> = () => delay(20)) {
  const asked: ProgramRequest[] = [];
  const told = { asked, ensured: [] as unknown[], released: 0 };
  const parts: ModularParts = {
    builder: {
      build: async (request) => {
        asked.push(request);
        await delay(20);
        const result = results[asked.length - 1];
        if (result === undefined) throw new RunnerError("UNAVAILABLE", "no sandbox");
        return result;
      },
    },
    fetcher: {
      fetch: async () => {
        await delay(20);
        return { outcome: "ok", files: resolved, std: ["net"], directory: "/cache", release: () => void told.released++ };
      },
    },
    library: {
      ensure: async (packages, { clock, vet }) => {
        told.ensured.push([packages, clock, vet]);
        await wait();
      },
    },
  };
  return { parts, told };
}

const build = (parts: ModularParts, signal?: AbortSignal) =>
  buildWithModules(
    parts,
    { source, limits: defaultLimits, processors: 1, ...(signal === undefined ? {} : { signal }) },
    { path: "nowhere" },
  );

describe("a build with modules", () => {
  it("is a plain one where none are needed", async () => {
    const { parts, told } = aHouse([built]);
    const { fetchMs, waitMs } = await build(parts);
    assert.deepEqual([fetchMs, waitMs, told.ensured], [0, 0, []]);
  });

  it("counts fetching, and waiting for the standard library, apart from building", async () => {
    const { parts, told } = aHouse([{ outcome: "needs_modules" }, built], () => delay(longMs));
    const { build: result, fetchMs, waitMs, buildMs } = await build(parts);
    assert.equal(result.outcome, "ok");
    assert.deepEqual(told.ensured, [[["net"], "fake", true]]);
    assert.deepEqual([told.asked[1]?.source.files, told.asked[1]?.modules?.directory], [resolved, "/cache"]);
    assert.ok(fetchMs >= 18 && buildMs >= 36 && waitMs >= longMs - 2, `${fetchMs} ${buildMs} ${waitMs} ms`);
    assert.ok(fetchMs < longMs && buildMs < longMs, `${fetchMs} ${buildMs} ms`);
  });

  it("gives the module cache back, whatever happens", async () => {
    const good = aHouse([{ outcome: "needs_modules" }, built]);
    await build(good.parts);
    const broken = aHouse([{ outcome: "needs_modules" }]);
    await assert.rejects(build(broken.parts), /no sandbox/);
    const circular = aHouse([{ outcome: "needs_modules" }, { outcome: "needs_modules" }]);
    await assert.rejects(build(circular.parts), /asked for modules again/);
    assert.deepEqual([good.told.released, broken.told.released, circular.told.released], [1, 1, 1]);
  });

  it("is cancelled also while it waits for the standard library", async () => {
    const controller = new AbortController();
    const { parts, told } = aHouse([{ outcome: "needs_modules" }, built], () => new Promise(() => controller.abort()));
    await assert.rejects(build(parts, controller.signal), (error) => error instanceof RunnerError && error.code === "CANCELLED");
    assert.equal(told.released, 1);
  });
});
