import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { RunnerError, silentLogger } from "@gorunner/core";
import { ModuleCache, type ModuleCacheOptions, type ModuleLease } from "../../src/modules/module-cache.js";

const kib = 1024;
const maxBytes = 256 * kib;
const maxEntries = 500;
const retireMs = 60_000;
/** Of a measurement, however busy the machine. */
const patienceMs = 20_000;

describe("ModuleCache", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "gorunner-modules-"));
  });
  const caches: ModuleCache[] = [];
  afterEach(async () => {
    await Promise.all(caches.splice(0).map((cache) => cache.close()));
    await rm(directory, { recursive: true, force: true });
  });

  const open = async (options: Partial<ModuleCacheOptions> = {}) => {
    const all = { directory, maxBytes, maxEntries, retireMs, patienceMs, logger: silentLogger, uid: undefined, ...options };
    const cache = await ModuleCache.open(all);
    caches.push(cache);
    return cache;
  };
  const generationOf = (lease: ModuleLease) => basename(dirname(lease.directory));
  const fill = async (lease: ModuleLease, bytes: number) => {
    await mkdir(join(lease.directory, "some.module@v1"), { recursive: true });
    await writeFile(join(lease.directory, "some.module@v1", `${bytes}`), Buffer.alloc(bytes, 1));
    lease.added({ bytes, entries: 1 });
  };
  const fillWithFiles = async (lease: ModuleLease, count: number) => {
    for (let index = 0; index < count; index++) await writeFile(join(lease.directory, `${index}`), "");
    lease.added({ bytes: 0, entries: count });
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
    (await cache.lease()).added({ bytes: maxBytes * 100, entries: maxEntries * 100 });
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
    await mkdir(join(directory, "fetch-x", "modules"), { recursive: true });
    await age("fetch-x");
    await open();
    await eventually(async () => assert.deepEqual(await readdir(directory), ["new-y"]));
  });

  it("is written by this process alone; a fetch writes to its own staging area", async () => {
    const own = process.getuid?.();
    const writer = own === 0 ? 30_999 : own;
    const lease = await (await open(own === 0 ? { uid: 30_999 } : {})).lease();
    assert.deepEqual([(await stat(lease.directory)).uid, (await stat(lease.directory)).mode & 0o777], [own, 0o755]);
    const staging = await lease.stage();
    assert.deepEqual([(await stat(staging.modules)).uid, (await stat(staging.modules)).mode & 0o777], [writer, 0o755]);
    await staging.remove();
    assert.deepEqual(await readdir(directory), ["1"]);
  });

  it("is full when it has too many files, be they empty", async () => {
    const cache = await open();
    await fillWithFiles(await cache.lease(), maxEntries);
    assert.equal(generationOf(await cache.lease()), "2");
  });

  it("counts an empty file as more than nothing", async () => {
    const cache = await open();
    const lease = await cache.lease();
    await fillWithFiles(lease, maxBytes / kib);
    lease.added({ bytes: maxBytes, entries: 0 });
    assert.equal(generationOf(await cache.lease()), "2");
  });

  describe("while its size is being found out", () => {
    /** Never ends, but with the cache. */
    const measure: ModuleCacheOptions["measure"] = (_, signal) =>
      new Promise((_, reject) => {
        if (signal.aborted) reject(signal.reason);
        signal.addEventListener("abort", () => reject(signal.reason));
      });

    it("opens and is leased without waiting", async () => {
      await fillWithFiles(await (await open()).lease(), maxEntries);
      assert.equal(generationOf(await (await open({ measure })).lease()), "1");
    });

    it("makes one that may be full wait, no longer than it should", async () => {
      const cache = await open({ measure, patienceMs: 1_000 });
      (await cache.lease()).added({ bytes: 0, entries: 2 * maxEntries });
      await assert.rejects(cache.lease(), (error) => error instanceof RunnerError && error.code === "RESOURCE_EXHAUSTED");
    });

    it("lets a caller who is gone go", async () => {
      const cache = await open({ measure });
      (await cache.lease()).added({ bytes: 2 * maxBytes, entries: 1 });
      const controller = new AbortController();
      const waiting = cache.lease(controller.signal);
      controller.abort();
      await assert.rejects(waiting, (error) => error instanceof RunnerError && error.code === "CANCELLED");
    });
  });

  it("takes from a staging area the modules alone, each as a whole, and leaves nothing of it", async () => {
    const lease = await (await open()).lease();
    const staging = await lease.stage();
    const put = async (path: string, content = path) => {
      await mkdir(dirname(join(staging.modules, path)), { recursive: true });
      await writeFile(join(staging.modules, path), content);
    };
    await put("some.module/a@v1.0.0/go.mod");
    await put("cache/download/some.module/a/@v/v1.0.0.zip");
    await put("cache/download/some.module/a/@v/v1.0.0.lock");
    await put("cache/download/some.module/a/@v/list");
    await symlink("/etc/passwd", join(staging.modules, "cache", "download", "link"));
    await symlink("/etc", join(staging.modules, "some.module", "b@v1.0.0"));
    await mkdir(join(lease.directory, "some.module", "a@v1.0.0"), { recursive: true });
    await writeFile(join(lease.directory, "some.module", "a@v1.0.0", "go.mod"), "the first");
    await staging.publish(lease.directory);
    await staging.remove();
    const files = (await readdir(lease.directory, { recursive: true, withFileTypes: true })).filter((entry) => !entry.isDirectory());
    assert.deepEqual(files.map(({ name }) => name).sort(), ["go.mod", "v1.0.0.zip"]);
    assert.equal(await readFile(join(lease.directory, "some.module", "a@v1.0.0", "go.mod"), "utf8"), "the first");
    assert.deepEqual(await readdir(directory), ["1"]);
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
