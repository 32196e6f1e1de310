import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { RunnerError, silentLogger } from "@gorunner/core";
import { ModuleCache, type ModuleLease } from "../../src/modules/module-cache.js";

const kib = 1024;
const maxBytes = 64 * kib;
const retireMs = 60_000;

describe("ModuleCache", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "gorunner-modules-"));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const open = (options: { uid?: number } = {}) =>
    ModuleCache.open({ directory, maxBytes, retireMs, logger: silentLogger, uid: undefined, ...options });
  const generationOf = (lease: ModuleLease) => basename(dirname(lease.directory));
  const fill = async (lease: ModuleLease, bytes: number) => {
    await mkdir(join(lease.directory, "some.module@v1"), { recursive: true });
    await writeFile(join(lease.directory, "some.module@v1", `${bytes}`), Buffer.alloc(bytes, 1));
    lease.added(bytes);
  };
  /** As if the generation had been there for so long that the one before is in nobody's use. */
  const age = (generation: string) => utimes(join(directory, generation), new Date(0), new Date(0));

  it("keeps what is in it until it is full, also for the next process", async () => {
    const cache = await open();
    const lease = await cache.lease();
    await fill(lease, maxBytes / 2);
    lease.release();
    assert.equal(generationOf(await cache.lease()), "1");
    const next = await (await open()).lease();
    assert.equal(generationOf(next), "1");
    assert.equal((await readdir(next.directory)).length, 1);
  });

  it("starts anew when it is full, and keeps the full one for those who use it", async () => {
    const cache = await open();
    const lease = await cache.lease();
    await fill(lease, maxBytes + 8 * kib);
    const next = await cache.lease();
    assert.equal(generationOf(next), "2");
    assert.deepEqual(await readdir(next.directory), []);
    assert.equal((await readdir(lease.directory)).length, 1);
  });

  it("believes the disk, not the estimate", async () => {
    const cache = await open();
    (await cache.lease()).added(maxBytes * 100);
    assert.equal(generationOf(await cache.lease()), "1");
  });

  it("removes a full one when it is released and no process can be using it", async () => {
    const cache = await open();
    const lease = await cache.lease();
    await fill(lease, maxBytes + 8 * kib);
    const next = await cache.lease();
    await age("2");
    lease.release();
    await eventually(async () => assert.deepEqual(await readdir(directory), ["2"]));
    next.release();
    assert.deepEqual(await readdir(directory), ["2"]);
  });

  it("never removes one that is in use here, however old", async () => {
    const cache = await open();
    const lease = await cache.lease();
    const other = await cache.lease();
    await fill(lease, maxBytes + 8 * kib);
    await cache.lease();
    await age("2");
    lease.release();
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.deepEqual((await readdir(directory)).sort(), ["1", "2"]);
    other.release();
    await eventually(async () => assert.deepEqual(await readdir(directory), ["2"]));
  });

  it("refuses more, and says when to come back, while two are full", async () => {
    const cache = await open();
    await fill(await cache.lease(), maxBytes + 8 * kib);
    const second = await cache.lease();
    await fill(second, maxBytes + 8 * kib);
    await assert.rejects(
      cache.lease(),
      (error) => error instanceof RunnerError && error.code === "RESOURCE_EXHAUSTED" && error.retryAfterMs === retireMs,
    );
    // It opens all the same: a server that is full is no broken one.
    await open();
  });

  it("starts anew once when many find it full, in two processes", async () => {
    const caches = await Promise.all([open(), open()]);
    await fill(await caches[0].lease(), maxBytes + 8 * kib);
    await caches[1].lease();
    const leases = await Promise.all([...caches, ...caches, ...caches].map((cache) => cache.lease()));
    const generations = new Set(leases.map(generationOf));
    assert.ok(generations.has("2") && !generations.has("3"), [...generations].join(" "));
  });

  it("moves on with another process that started anew", async () => {
    const [one, other] = [await open(), await open()];
    await one.lease();
    await fill(await other.lease(), maxBytes + 8 * kib);
    await other.lease();
    assert.equal(generationOf(await one.lease()), "2");
  });

  it("removes what processes that died have left half done", async () => {
    await mkdir(join(directory, "old-x", "cache"), { recursive: true });
    await mkdir(join(directory, "new-x", "cache"), { recursive: true });
    await age("new-x");
    await mkdir(join(directory, "new-y"));
    await open();
    assert.deepEqual(await readdir(directory), ["new-y"]);
  });

  it("is written by one user alone, who can't put something else in its place", async () => {
    const own = process.getuid?.();
    const writer = own === 0 ? 30_999 : own;
    const { directory: cache } = await (await open(own === 0 ? { uid: 30_999 } : {})).lease();
    assert.deepEqual([(await stat(cache)).uid, (await stat(cache)).mode & 0o777], [writer, 0o755]);
    assert.deepEqual([(await stat(dirname(cache))).uid, (await stat(dirname(cache))).mode & 0o777], [own, 0o755]);
  });
});

async function eventually(check: () => Promise<void>): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await check();
    } catch (error) {
      if (attempt >= 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
