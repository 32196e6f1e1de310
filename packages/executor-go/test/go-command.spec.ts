import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { access, mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { findToolchain } from "../src/toolchain/find-toolchain.js";
import { buildSettings, runGo } from "../src/toolchain/go-command.js";

const dayMs = 24 * 60 * 60 * 1000;

describe("runGo", function () {
  this.timeout(60_000);
  let buildCache: string;
  let archive: string;

  /** A cache in which nothing has been used for ten days: sandboxes use what is in it, but can't note that there. */
  beforeEach(async () => {
    buildCache = await mkdtemp(join(tmpdir(), "gorunner-gocache-"));
    await mkdir(join(buildCache, "00"));
    archive = join(buildCache, "00", `${"0".repeat(64)}-d`);
    const long = new Date(Date.now() - 10 * dayMs);
    await writeFile(archive, "");
    await utimes(archive, long, long);
    await writeFile(join(buildCache, "trim.txt"), `${long.getTime() / 1000}`);
  });
  afterEach(() => rm(buildCache, { recursive: true, force: true }));

  const isThere = () =>
    access(archive).then(
      () => true,
      () => false,
    );

  it("lets go remove nothing from the cache, where it would by itself", async () => {
    const toolchain = await findToolchain();
    await runGo({ toolchain, args: ["build", "-trimpath", "errors"], buildCache, cwd: buildCache });
    assert.equal(await isThere(), true);
    const long = String(Math.floor((Date.now() - 10 * dayMs) / 1000));
    await writeFile(join(buildCache, "trim.txt"), long);
    const env = { ...buildSettings, GOROOT: toolchain.goroot, GOCACHE: buildCache, HOME: buildCache, PATH: "/usr/bin:/bin" };
    await promisify(execFile)(toolchain.goBinary, ["build", "-trimpath", "errors"], { env, cwd: buildCache });
    assert.equal(await isThere(), false);
  });

  it("gives go no place for what it would count behind our back", async () => {
    const toolchain = await findToolchain();
    assert.equal(await runGo({ toolchain, args: ["env", "GOTELEMETRYDIR"], buildCache, cwd: buildCache }), "\n");
  });
});
