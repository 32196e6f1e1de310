import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { gorunner } from "../command-line.js";
import { temporaryDirectory } from "../temporary-directory.js";

describe("gorunner doctor", function () {
  // A machine that never ran a Go program compiles a part of the standard library first.
  this.timeout(120_000);
  const directory = temporaryDirectory();
  const doctor = (env: Record<string, string> = {}) => gorunner(["doctor"], { directory: directory(), env });

  it("says what works, with exit code 0", async () => {
    const { exitCode, stdout, stderr } = await doctor({ RUNNER_DB_URI: "memory:" });
    assert.deepEqual([exitCode, stderr], [0, ""], stdout);
    for (const name of ["configuration", "cache directory", "toolchain", "sandbox", "modules", "store", "cache", "admins"]) {
      assert.match(stdout, new RegExp(`^ok {4}${name} `, "m"));
    }
    // Root has exact limits everywhere; of an ordinary user's host doctor says what it lacks for them.
    if (process.getuid?.() === 0) assert.doesNotMatch(stdout, /→/);
    assert.match(
      stdout,
      /^ok {4}a real run .*\(go.*, bubblewrap, (cgroup-v[12]|rlimits), seccomp for all\), and attacks on its sandbox failed$/m,
    );
  });

  it("shouts where there are no walls, and does not fail for what was asked for", async () => {
    const { exitCode, stdout } = await doctor({ RUNNER_DB_URI: "memory:", RUNNER_EXECUTOR_SANDBOX: "none" });
    assert.equal(exitCode, 0, stdout);
    assert.match(stdout, /^warn {2}sandbox .*WITHOUT WALLS.*\n +→ set executor\.sandbox to auto$/m);
    assert.match(stdout, /^ok {4}a real run .*without walls/m);
  });

  it("fails for a way of limiting resources that is asked for and not there", async () => {
    const other = existsSync("/sys/fs/cgroup/memory") ? "cgroup-v2" : "cgroup-v1";
    const { exitCode, stdout } = await doctor({ RUNNER_DB_URI: "memory:", RUNNER_EXECUTOR_RESOURCES: other });
    assert.equal(exitCode, 1, stdout);
    assert.match(
      stdout,
      new RegExp(`^FAIL {2}resource limits .*${other}, which this host does not give: .*\\n +→ set executor\\.resources to auto$`, "m"),
    );
  });

  it("says that limits are not exact under rlimits", async () => {
    const { exitCode, stdout } = await doctor({ RUNNER_DB_URI: "memory:", RUNNER_EXECUTOR_RESOURCES: "rlimits" });
    assert.equal(exitCode, 0, stdout);
    assert.match(stdout, /^ok {4}resource limits +rlimits alone: /m);
  });

  it("says what is broken and what mends it, with exit code 1", async () => {
    const { exitCode, stdout } = await doctor({
      RUNNER_DB_URI: "postgres://u:hunter2@127.0.0.1:1/x",
      RUNNER_DB_TIMEOUT: "1s",
      RUNNER_REDIS_ADDR: "127.0.0.1:1",
      RUNNER_CLIENTS_SSO_ADDRESS: "127.0.0.1:1",
      RUNNER_CLIENTS_SSO_TIMEOUT: "300ms",
      RUNNER_EXECUTOR_CACHE_DIR: "/dev/null/x",
    });
    assert.equal(exitCode, 1);
    for (const [verdict, name, fix] of [
      ["FAIL", "cache directory", "executor.cache_dir"],
      ["FAIL", "store", "db_uri"],
      ["warn", "cache", "redis_addr"],
      ["FAIL", "admins", "clients.sso.address"],
    ]) {
      assert.match(stdout, new RegExp(`^${verdict} {2}${name} .*\\n +→ .*${fix?.replaceAll(".", "\\.")}`, "m"));
    }
    assert.doesNotMatch(stdout, /hunter2/);
  });

  it("fetches a module where modules are on", async () => {
    const { exitCode, stdout } = await doctor({ RUNNER_DB_URI: "memory:", RUNNER_EXECUTOR_MODULES: "on" });
    assert.equal(exitCode, 0, stdout);
    assert.match(stdout, /^ok {4}modules +on: \S+ was fetched and verified$/m);
  });

  it("says that no module comes from a proxy that is down, without its password", async () => {
    const { exitCode, stdout } = await doctor({
      RUNNER_DB_URI: "memory:",
      RUNNER_EXECUTOR_MODULES: "on",
      RUNNER_EXECUTOR_GOPROXY: "https://user:hunter2@127.0.0.1:1",
    });
    assert.equal(exitCode, 1, stdout);
    assert.match(stdout, /^FAIL {2}modules +.*the module proxy can't be reached[\s\S]*→ correct executor\.goproxy/m);
    assert.doesNotMatch(stdout, /hunter2|127\.0\.0\.1:1\b/);
  });

  it("does not fail for a cache that is gone: reads are slower, and nothing else", async () => {
    const { exitCode, stdout } = await doctor({ RUNNER_REDIS_ADDR: "127.0.0.1:1" });
    assert.equal(exitCode, 0, stdout);
    assert.match(stdout, /^warn {2}cache /m);
  });
});
