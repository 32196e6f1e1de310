import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gorunner } from "../command-line.js";
import { temporaryDirectory } from "../temporary-directory.js";

const commands = [[], ["serve"], ["migrate"], ["migrate", "up"], ["migrate", "down"], ["migrate", "status"], ["run"], ["doctor"]];

describe("gorunner", () => {
  const directory = temporaryDirectory();
  const gorunnerHere = (args: string[], env: Record<string, string> = {}) => gorunner(args, { directory: directory(), env });

  for (const command of commands) {
    it(`${["gorunner", ...command].join(" ")} knows --help and --version`, async () => {
      const [help, version] = await Promise.all([gorunnerHere([...command, "--help"]), gorunnerHere([...command, "--version"])]);
      assert.deepEqual([help.exitCode, help.stderr], [0, ""]);
      assert.match(help.stdout, new RegExp(`^Usage: ${["gorunner", ...command].join(" ")} `));
      assert.deepEqual(version, { exitCode: 0, stdout: "0.1.0\n", stderr: "" });
    });
  }

  for (const args of [
    [],
    ["migrate"],
    ["nonsense"],
    ["migrate", "sideways"],
    ["run"],
    ["run", "--nonsense", "a.go"],
    ["serve", "x"],
    ["doctor", "--nonsense"],
    ["serve", "--config"],
  ]) {
    it(`refuses ${JSON.stringify(args)} with exit code 2`, async () => {
      const { exitCode, stdout, stderr } = await gorunnerHere(args);
      assert.deepEqual([exitCode, stdout], [2, ""]);
      assert.match(stderr, /Usage:|--help/);
    });
  }

  for (const command of [["serve"], ["migrate", "up"], ["run", "-"], ["doctor"]]) {
    it(`${command.join(" ")} tells every mistake of the configuration, by key, with exit code 2`, async () => {
      await writeFile(join(directory(), "bad.yaml"), "grpc: { port: x }\ndb_uri: mysql://u:hunter2@h/d\nlimits: { runs: 1 }\n");
      const { exitCode, stdout, stderr } = await gorunnerHere([...command, "--config", "bad.yaml"], { RUNNER_HTTP_PORT: "-1" });
      assert.deepEqual([exitCode, stdout], [2, ""]);
      assert.match(stderr, /^gorunner: the configuration \(bad\.yaml\) has 4 mistakes:\n/);
      for (const key of [/ {2}grpc\.port: /, / {2}db_uri: /, / {2}limits: not available yet/, / {2}http\.port \(RUNNER_HTTP_PORT\): /]) {
        assert.match(stderr, key);
      }
      assert.doesNotMatch(stderr, /hunter2/);
    });
  }

  it("takes CONFIG_PATH from .env", async () => {
    await writeFile(join(directory(), ".env"), "CONFIG_PATH=from-dot-env.yaml\n");
    const { exitCode, stderr } = await gorunnerHere(["migrate", "status"]);
    assert.equal(exitCode, 2);
    assert.match(stderr, /\(from-dot-env\.yaml\) has a mistake:\n {2}there is no such file/);
  });
});

describe("gorunner migrate", () => {
  const directory = temporaryDirectory();
  const migrate = (...args: string[]) =>
    gorunner(["migrate", ...args], { directory: directory(), env: { RUNNER_DB_URI: "sqlite:data/x.db" } });

  it("goes up, shows, and comes down", async () => {
    const pending = await migrate("status");
    assert.match(pending.stdout, / pending\n/);
    const up = await migrate("up");
    assert.equal(up.exitCode, 0, up.stderr);
    assert.match(up.stdout, /^applied \S+\n/);
    assert.match((await migrate("up")).stdout, /^nothing to do/);
    assert.match((await migrate("status")).stdout, / applied \d{4}-/);
    assert.match((await migrate("down")).stdout, /^undid \S+\n/);
  });

  it("tells why it can't, with exit code 1", async () => {
    const env = { RUNNER_DB_URI: "postgres://u:hunter2@127.0.0.1:1/x", RUNNER_DB_TIMEOUT: "300ms" };
    const { exitCode, stdout, stderr } = await gorunner(["migrate", "up"], { directory: directory(), env });
    assert.deepEqual([exitCode, stdout], [1, ""]);
    assert.match(stderr, /gorunner: .+/);
    assert.doesNotMatch(stderr, /hunter2|\n\s+at /);
  });
});
