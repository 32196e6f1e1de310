import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findGo } from "../prepare/go.mjs";

describe("finding Go", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "gorunner-go-"));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  /** A `go` that answers `go env GOVERSION`; gives its directory. */
  function install(directory: string, version: string): string {
    mkdirSync(join(root, directory), { recursive: true });
    writeFileSync(join(root, directory, "go"), `#!/bin/sh\necho ${version}\n`, { mode: 0o755 });
    return join(root, directory);
  }
  const find = (env: NodeJS.ProcessEnv = {}) => findGo({ root, home: join(root, "home"), env: { PATH: "", ...env } });

  for (const place of [
    "usr/local/go/bin",
    "usr/lib/go/bin",
    "usr/lib/go-1.24/bin",
    "home/go/bin",
    "home/sdk/go1.26.8/bin",
    "opt/homebrew/bin",
  ]) {
    it(`looks at ${place}`, async () => {
      const directory = install(place, "go1.26.8");
      assert.equal(await find(), directory);
    });
  }

  it("prefers GOROOT, then the PATH, then the usual places", async () => {
    const usual = install("usr/local/go/bin", "go1.24.0");
    const onPath = install("tools", "go1.25.1");
    const goroot = install("own/bin", "go1.26.0");
    assert.equal(await find({ PATH: `/nowhere:${onPath}`, GOROOT: join(root, "own") }), goroot);
    assert.equal(await find({ PATH: onPath }), onPath);
    assert.equal(await find(), usual);
  });

  it("passes over one that is too old or broken", async () => {
    const old = install("old", "go1.23.9");
    const broken = install("broken", "'' && exit 3");
    const good = install("usr/lib/go-1.30/bin", "go1.30rc1");
    assert.equal(await find({ PATH: `${old}:${broken}` }), good);
  });

  it("prefers the newest of several versions side by side", async () => {
    install("usr/lib/go-1.24/bin", "go1.24.9");
    const newest = install("usr/lib/go-1.100/bin", "go1.100.0");
    assert.equal(await find(), newest);
  });

  it("says which it found and what to install when all are too old", async () => {
    const old = install("usr/local/go/bin", "go1.19.8");
    await assert.rejects(find(), (error: Error) => {
      assert.match(error.message, /no Go 1\.24 or newer found, only/);
      assert.ok(error.message.includes(`${join(old, "go")} (go1.19.8)`));
      return /Install Go 1\.24 or newer/.test(error.message);
    });
  });

  it("says where it looked and what to install when there is none", async () => {
    await assert.rejects(find(), /no Go toolchain found \(looked at GOROOT, PATH, .*Install Go 1\.24 or newer.*or set GOROOT/s);
  });
});
