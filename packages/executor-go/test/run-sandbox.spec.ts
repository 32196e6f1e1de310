import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { Product } from "../src/build/product.js";
import { RunSandbox } from "../src/run/run-sandbox.js";
import { Identities } from "../src/sandbox/identity.js";
import type { Sandbox, SandboxTier } from "../src/sandbox/tier.js";

const product: Product = { programs: [{ package: "main", directory: ".", bytes: 1 }], tests: false };

/** One in which programs never come to be installed. */
const stuck: Sandbox = {
  isAlive: true,
  locate: (path) => path,
  install: () => new Promise(() => {}),
  run: () => assert.fail("there is no program in it"),
  discard: async () => {},
};
const tier: SandboxTier = { name: "bubblewrap", resources: "rlimits", seccomp: "all", start: async () => stuck };

describe("A run sandbox", () => {
  const identities = new Identities();
  let workDir = "";
  before(async () => {
    workDir = await mkdtemp(join(tmpdir(), "gorunner-test-"));
  });
  after(async () => {
    await identities.close();
    await rm(workDir, { recursive: true });
  });

  it("whose program is not installed holds up nobody who cancels", async () => {
    const sandbox = await RunSandbox.start({ tier, places: { identities, workDir } }, 1);
    const controller = new AbortController();
    // Begun while the product was verified, or not; both are waited for.
    const ways = [() => {}, () => sandbox.destination.expect?.(product)];
    const installing = ways.map((begin) => {
      begin();
      return assert.rejects(sandbox.install(sandbox.product, product, 0, controller.signal), { code: "CANCELLED" });
    });
    controller.abort();
    await Promise.all(installing);
    await sandbox.discard();
  });

  it("whose program could not be installed after the cancellation misses nothing", async () => {
    const failed = Promise.withResolvers<void>();
    const failing = { ...tier, start: async () => ({ ...stuck, install: () => failed.promise }) };
    const sandbox = await RunSandbox.start({ tier: failing, places: { identities, workDir } }, 1);
    await assert.rejects(sandbox.install(sandbox.product, product, 0, AbortSignal.abort()), { code: "CANCELLED" });
    const missed: unknown[] = [];
    const miss = (why: unknown) => void missed.push(why);
    process.prependListener("unhandledRejection", miss);
    failed.reject(new Error("the sandbox has ended"));
    await setImmediate();
    await setImmediate();
    process.off("unhandledRejection", miss);
    assert.deepEqual(missed, []);
    await sandbox.discard();
  });
});
