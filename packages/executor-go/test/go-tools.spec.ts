import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { findToolchain } from "../src/toolchain/find-toolchain.js";
import { buildSettings } from "../src/toolchain/go-command.js";

describe("Our Go programs", function () {
  this.timeout(180_000);
  let home: string;
  before(async () => {
    home = await mkdtemp(join(tmpdir(), "gorunner-go-test-"));
  });
  after(() => rm(home, { recursive: true, force: true }));

  for (const tool of ["supervisor", "builder"]) {
    it(`pass their own tests and go vet: ${tool}`, async () => {
      const { goBinary } = await findToolchain();
      const cwd = fileURLToPath(new URL(`../${tool}/`, import.meta.url));
      const env = { ...buildSettings, HOME: home, GOPATH: join(home, "go"), GOCACHE: join(home, "cache"), PATH: process.env["PATH"] };
      const { stdout } = await promisify(execFile)(goBinary, ["test", "-count=1", "./..."], { cwd, env });
      assert.match(stdout, /^(ok|\?) /);
      await promisify(execFile)(goBinary, ["vet", "./..."], { cwd, env });
    });
  }
});
