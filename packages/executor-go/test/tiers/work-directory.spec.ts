import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "@gorunner/core";
import { WorkDirectory } from "../../src/pool/work-directory.js";
import { findToolchain } from "../../src/toolchain/find-toolchain.js";
import { ensureGoTool } from "../../src/toolchain/go-tools.js";
import { cacheDir, closeSharedExecutor, sharedExecutor } from "../shared-executor.js";

describe("WorkDirectory", function () {
  this.timeout(120_000);
  let locker = "";
  let root = "";
  before(async () => {
    await sharedExecutor();
    await closeSharedExecutor();
    const toolchain = await findToolchain();
    const directory = join(cacheDir, toolchain.name);
    const { signal } = new AbortController();
    locker = await ensureGoTool("supervisor", { toolchain, directory, buildCache: join(directory, "std"), signal });
  });
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "gorunner-work-"));
  });
  afterEach(() => rm(root, { recursive: true }));

  const cleared = async (work: WorkDirectory): Promise<string[]> => {
    const names: string[] = [];
    await work.clearDead(async (name) => void names.push(name), silentLogger);
    return names;
  };

  it("is its own, and gone when it is closed", async () => {
    const [one, other] = await Promise.all([WorkDirectory.claim({ root, locker }), WorkDirectory.claim({ root, locker })]);
    assert.notEqual(one.name, other.name);
    assert.equal((await readdir(root)).length, 4);
    await Promise.all([one.close(), other.close()]);
    assert.deepEqual(await readdir(root), []);
  });

  it("is left alone by others as long as its lock is held, whatever its name says", async () => {
    const [one, other] = [await WorkDirectory.claim({ root, locker }), await WorkDirectory.claim({ root, locker })];
    await writeFile(join(one.path, "file"), "");
    assert.deepEqual(await cleared(other), []);
    assert.deepEqual(await readdir(one.path), ["file"]);
    await Promise.all([one.close(), other.close()]);
  });

  it("is cleared by the next when its lock is free, also half made", async () => {
    // As a killed server leaves them: the kernel has dropped the locks.
    await writeFile(join(root, `${process.pid}-aaaaaaaaaaaa.lock`), "");
    await writeFile(join(root, "4242-bbbbbbbbbbbb.lock"), "");
    const work = await WorkDirectory.claim({ root, locker });
    assert.deepEqual((await cleared(work)).sort(), ["4242-bbbbbbbbbbbb", `${process.pid}-aaaaaaaaaaaa`].sort());
    assert.deepEqual((await readdir(root)).sort(), [work.name, `${work.name}.lock`].sort());
    await work.close();
  });

  it("stays to be cleared at the next start when that fails", async () => {
    await writeFile(join(root, "4242-bbbbbbbbbbbb.lock"), "");
    const work = await WorkDirectory.claim({ root, locker });
    await work.clearDead(() => Promise.reject(new Error("no")), silentLogger);
    assert.deepEqual(await cleared(work), ["4242-bbbbbbbbbbbb"]);
    await work.close();
  });

  it("of many that clear at once, each dead one is cleared once", async () => {
    for (let index = 0; index < 5; index++) await writeFile(join(root, `1-00000000000${index}.lock`), "");
    const works = await Promise.all(Array.from({ length: 4 }, () => WorkDirectory.claim({ root, locker })));
    const names = (await Promise.all(works.map(cleared))).flat();
    assert.equal(new Set(names).size, names.length);
    assert.equal(names.length, 5);
    await Promise.all(works.map((work) => work.close()));
    assert.deepEqual(await readdir(root), []);
  });
});
