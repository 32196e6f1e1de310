import assert from "node:assert/strict";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findToolchain } from "../src/toolchain/find-toolchain.js";

describe("findToolchain", () => {
  it("finds the machine's Go, by its real root", async () => {
    const toolchain = await findToolchain();
    assert.match(toolchain.name, /^go1\.\d+/);
    assert.equal(toolchain.goBinary, join(toolchain.goroot, "bin", "go"));
  });

  it("passes over what is called go and is not", async () => {
    const directory = await mkdtemp(join(tmpdir(), "gorunner-test-"));
    try {
      await writeFile(join(directory, "go"), "#!/bin/sh\necho a board game\n");
      await chmod(join(directory, "go"), 0o755);
      const toolchain = await findToolchain({ PATH: `${directory}:${process.env["PATH"]}` });
      assert.notEqual(toolchain.goBinary, join(directory, "go"));
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
