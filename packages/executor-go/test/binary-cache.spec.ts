import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { appendFile, chmod, mkdir, mkdtemp, open, readdir, readFile, rm, stat, symlink, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BinaryCache } from "../src/build/binary-cache.js";
import { type KeptProduct, readProduct, seal } from "../src/build/product.js";

type Cache = BinaryCache<KeptProduct>;

async function overwrite(path: string, position: number): Promise<void> {
  const file = await open(path, "r+");
  await file.write("!", position);
  await file.close();
}

async function build(path: string, content: string, key: string): Promise<void> {
  const file = await open(path, "w+", 0o755);
  await file.writeFile(content);
  await seal(file, { tests: false, programs: [{ package: "", directory: ".", bytes: content.length }], buildMs: 1 }, key);
  await file.close();
}

describe("BinaryCache", () => {
  let root: string;
  let directory: string;
  let taken: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "gorunner-test-"));
    directory = join(root, "cache");
    taken = join(root, "taken");
  });
  afterEach(() => rm(root, { recursive: true }));

  async function opened(maxBytes = 1_000_000): Promise<Cache> {
    const cache = new BinaryCache({ directory, maxBytes, read: readProduct });
    await cache.open();
    return cache;
  }

  async function store(cache: Cache, key: string, content: string): Promise<void> {
    const built = join(root, `built-${key}`);
    await build(built, content, key);
    await cache.store(key, built);
    await rm(built);
  }

  async function take(cache: Cache, key: string): Promise<string | undefined> {
    await rm(taken, { force: true });
    const product = await cache.take(key, taken);
    return product && (await readFile(taken, "utf8")).slice(0, product.programs[0]?.bytes);
  }

  it("answers what was stored, and nothing else", async () => {
    const cache = await opened();
    await store(cache, "a", "binary a");
    assert.equal(await take(cache, "a"), "binary a");
    assert.equal(await take(cache, "a"), "binary a");
    assert.equal(await take(cache, "b"), undefined);
  });

  it("knows what an earlier process stored", async () => {
    await store(await opened(), "a", "binary a");
    assert.equal(await take(await opened(), "a"), "binary a");
  });

  for (const [what, harm] of [
    ["lengthened", (file: string) => appendFile(file, "x")],
    ["altered in its program", (file: string) => overwrite(file, 3)],
    ["altered in its table of contents", (file: string) => overwrite(file, "binary a".length + 3)],
    ["torn", (file: string) => truncate(file, 3)],
    ["emptied", (file: string) => truncate(file)],
    ["removed", (file: string) => rm(file)],
    ["replaced by another's", (file: string) => build(file, "binary b", "b")],
    [
      "replaced by a link to nowhere",
      async (file: string) => {
        await rm(file);
        await symlink("/nowhere", file);
      },
    ],
    [
      "replaced by a pipe",
      async (file: string) => {
        await rm(file);
        execFileSync("sh", ["-c", 'mkfifo -m 755 "$0"', file]);
      },
    ],
    [
      "replaced by a link to itself",
      async (file: string) => {
        await rm(file);
        await symlink(file, file);
      },
    ],
    ["made unexecutable", (file: string) => chmod(file, 0o644)],
    ["made unreadable", (file: string) => chmod(file, 0)],
    [
      "replaced by a folder",
      async (file: string) => {
        await rm(file);
        await mkdir(file);
      },
    ],
  ] as const) {
    it(`a file that was ${what} is a miss, and is gone`, async () => {
      const cache = await opened();
      await store(cache, "a", "binary a");
      const [name = ""] = await readdir(directory);
      await harm(join(directory, name));
      assert.equal(await take(cache, "a"), undefined);
      assert.deepEqual(await readdir(directory), []);
      await store(cache, "a", "binary a");
      assert.equal(await take(cache, "a"), "binary a");
    });
  }

  it("gives each a name of its own for it, by which it stays when the cache forgets it", async () => {
    const cache = await opened();
    for (const takes of [() => cache.take("a", taken), () => cache.takeStored("a", taken)]) {
      await rm(taken, { force: true });
      await store(cache, "a", "binary a");
      assert.ok(await takes());
      for (const name of await readdir(directory)) await rm(join(directory, name));
      assert.match(await readFile(taken, "latin1"), /^binary a/);
    }
  });

  it("goes on where somebody has removed its directory", async () => {
    const cache = await opened();
    await store(cache, "a", "binary a");
    await rm(directory, { recursive: true });
    assert.equal(await take(cache, "a"), undefined);
    assert.equal(await take(cache, "b"), undefined);
    await store(cache, "a", "binary a");
    assert.equal(await take(cache, "a"), "binary a");
  });

  it("stays within its size, and forgets what was unused for longest", async () => {
    const cache = await opened(2000);
    for (const key of ["a", "b", "c", "d"]) {
      await store(cache, key, key.repeat(300));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.notEqual(await take(cache, "a"), undefined);
    await store(cache, "e", "e".repeat(300));
    assert.equal(await take(cache, "b"), undefined);
    assert.notEqual(await take(cache, "a"), undefined);
    assert.notEqual(await take(cache, "e"), undefined);
    assert.ok((await readdir(directory)).length <= 4);
  });

  it("finds what another process has stored meanwhile", async () => {
    const [one, other] = [await opened(), await opened()];
    await store(one, "a", "binary a");
    assert.equal(await take(other, "a"), "binary a");
  });

  it("several processes together stay within its size, but for the little that each adds unseen", async () => {
    const caches = [await opened(16_000), await opened(16_000), await opened(16_000), await opened(16_000)];
    for (let round = 0; round < 40; round++) {
      for (const [index, cache] of caches.entries()) await store(cache, `${index}x${round}`, "x".repeat(500));
    }
    const sizes = await Promise.all((await readdir(directory)).map(async (name) => (await stat(join(directory, name))).size));
    const total = sizes.reduce((sum, size) => sum + size, 0);
    assert.ok(total <= 16_000 + caches.length * (16_000 / 8 + Math.max(...sizes)), `${total}`);
  });

  it("loses nothing and rejects nothing while another process removes what it stores", async () => {
    const caches = [await opened(2_000), await opened(2_000)];
    await Promise.all(
      caches.map(async (cache, index) => {
        for (let round = 0; round < 50; round++) await store(cache, `${index}x${round}`, "x".repeat(500));
      }),
    );
    await store(caches[0] as Cache, "a", "binary a");
    assert.equal(await take(caches[0] as Cache, "a"), "binary a");
  });

  it("two processes may store the same binary at once", async () => {
    const caches = [await opened(), await opened()];
    await Promise.all(
      caches.map((cache, index) =>
        Promise.all(
          [..."abc"].map(async (key) => {
            const built = join(root, `built-${key}-${index}`);
            await build(built, `binary ${key}`, key);
            await cache.store(key, built);
          }),
        ),
      ),
    );
    for (const cache of caches) assert.equal(await take(cache, "b"), "binary b");
    assert.equal((await readdir(directory)).length, 3);
  });
});
