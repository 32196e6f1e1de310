import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dockerIsWanted } from "../prepare/docker.mjs";
import { adviceFor, missingFromSystem, packageManager } from "../prepare/system.mjs";

describe("what the system must bring", () => {
  let bin: string;
  beforeEach(() => {
    bin = mkdtempSync(join(tmpdir(), "gorunner-bin-"));
  });
  afterEach(() => rmSync(bin, { recursive: true, force: true }));

  const program = (name: string) => writeFileSync(join(bin, name), "#!/bin/sh\n", { mode: 0o755 });
  const servers = { TEST_DATABASE_URL: "postgres://somewhere", TEST_REDIS_URL: "redis://somewhere" };
  /** bubblewrap exists for Linux alone. */
  const sandbox = process.platform === "linux" ? ["bubblewrap"] : [];

  it("to start is bubblewrap alone", () => {
    assert.deepEqual(missingFromSystem("start", { PATH: bin }), sandbox);
    program("bwrap");
    assert.deepEqual(missingFromSystem("start", { PATH: bin }), []);
  });

  it("to test is PostgreSQL and Redis too", () => {
    const postgres = existsSync("/usr/lib/postgresql") ? [] : ["postgresql"];
    assert.deepEqual(missingFromSystem("test", { PATH: bin }), [...sandbox, ...postgres, "redis"]);
    for (const name of ["bwrap", "redis-server", "postgres", "initdb"]) program(name);
    assert.deepEqual(missingFromSystem("test", { PATH: bin }), []);
  });

  it("to test in a browser is a Chromium too, under any of its names or as the environment names it", () => {
    program("bwrap");
    assert.deepEqual(missingFromSystem("browser", { PATH: bin }), ["chromium"]);
    assert.deepEqual(missingFromSystem("browser", { PATH: bin, GORUNNER_TEST_BROWSER: "/opt/chromium" }), []);
    program("google-chrome");
    assert.deepEqual(missingFromSystem("browser", { PATH: bin }), []);
    assert.match(adviceFor(["chromium"], undefined), /^Install chromium .*\nor set GORUNNER_TEST_BROWSER to/);
  });

  it("is no server where the environment names some", () => {
    assert.deepEqual(missingFromSystem("test", { PATH: bin, ...servers }), sandbox);
  });

  for (const [manager, command] of [
    ["apt-get", /apt-get install -y bubblewrap postgresql redis-server$/m],
    ["dnf", /dnf install -y bubblewrap postgresql-server valkey-compat-redis$/m],
    ["pacman", /pacman -S --needed bubblewrap postgresql valkey$/m],
    ["apk", /apk add bubblewrap postgresql redis$/m],
    ["zypper", /zypper install -y bubblewrap postgresql-server redis$/m],
  ] as const) {
    it(`comes with ${manager} by a command that is said in full`, () => {
      program(manager);
      const advice = adviceFor(["bubblewrap", "postgresql", "redis"], packageManager({ PATH: bin }));
      assert.match(advice, command);
      assert.equal(advice.includes("sudo "), process.getuid?.() !== 0);
      assert.match(advice, /TEST_DATABASE_URL and TEST_REDIS_URL/);
    });
  }

  describe("Docker", () => {
    const wanted = (env: NodeJS.ProcessEnv = {}, place = {}) =>
      dockerIsWanted({ PATH: bin, ...env }, { isRoot: true, refusal: join(bin, "no-docker"), socket: join(bin, "docker.sock"), ...place });

    it("is installed by root where apt-get is and it is not", () => {
      assert.equal(wanted(), false);
      program("apt-get");
      assert.equal(wanted(), true);
      assert.equal(wanted({}, { isRoot: false }), false);
      program("dockerd");
      program("ip");
      assert.equal(wanted(), false);
    });

    it("is not where one runs, where containers are not asked for, or where it could not be installed before", () => {
      program("apt-get");
      assert.equal(wanted({ DOCKER_HOST: "unix:///somewhere" }), false);
      assert.equal(wanted({ GORUNNER_TEST_SERVERS: "local" }), false);
      assert.equal(wanted(servers), false);
      assert.equal(wanted({ TEST_DATABASE_URL: servers.TEST_DATABASE_URL }), true);
      program("docker.sock");
      assert.equal(wanted(), false);
      rmSync(join(bin, "docker.sock"));
      program("no-docker");
      assert.equal(wanted(), false);
    });
  });

  it("is named where there is no package manager that we know", () => {
    assert.match(adviceFor(["bubblewrap"], packageManager({ PATH: bin })), /^Install bubblewrap with your system's package manager$/);
  });
});
