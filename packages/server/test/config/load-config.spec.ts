import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ConfigError } from "../../src/config/config-error.js";
import { loadDotEnv } from "../../src/config/dot-env.js";
import { keysOf } from "../../src/config/keys.js";
import { loadConfig } from "../../src/config/load-config.js";
import { configSchema } from "../../src/config/schema.js";
import { temporaryDirectory } from "../temporary-directory.js";

const root = fileURLToPath(new URL("../../../../", import.meta.url));

/** As examples of the Go service have it. */
const goServiceFile = `env: "local"
db_uri: "host=localhost port=5432 user=postgres password=hunter2 dbname=runner sslmode=disable"
redis_addr: "0.0.0.0:6379"
prometheus_addr: ":9100"
grpc:
  port: 44000
  timeout: 10h
clients:
  sso:
    address: "0.0.0.0:44044"
    timeout: 5s
    retriesCount: 5
app_secret: "runner-secret"
`;

describe("loadConfig", () => {
  const directory = temporaryDirectory();
  const file = async (name: string, content: string | Uint8Array) => {
    await writeFile(join(directory(), name), content);
    return name;
  };
  const mistakesIn = async (name: string) => {
    const error: unknown = await loadConfig({ file: name, env: {}, directory: directory() }).catch((thrown: unknown) => thrown);
    assert.ok(error instanceof ConfigError, String(error));
    assert.match(error.message, new RegExp(`^the configuration \\(${name}\\) has `));
    return error.mistakes;
  };

  it("reads --config before CONFIG_PATH, and CONFIG_PATH before nothing", async () => {
    await file("a.yaml", "grpc: { port: 1 }");
    await file("b.yaml", "grpc: { port: 2 }");
    const port = async (given: { file?: string; env?: Record<string, string> }) =>
      (await loadConfig({ env: {}, directory: directory(), ...given })).config.grpc.port;
    assert.equal(await port({ file: "a.yaml", env: { CONFIG_PATH: "b.yaml" } }), 1);
    assert.equal(await port({ env: { CONFIG_PATH: join(directory(), "b.yaml") } }), 2);
    assert.equal(await port({ env: { CONFIG_PATH: "" } }), 44_000);
    assert.equal(await port({}), 44_000);
  });

  it("loads a file of the Go service unchanged", async () => {
    const { config, warnings } = await loadConfig({ file: await file("local.yaml", goServiceFile), env: {}, directory: directory() });
    assert.deepEqual(
      warnings.filter((warning) => !warning.startsWith("app_secret: shorter")),
      [],
    );
    assert.equal(config.store.location.kind, "postgres");
    assert.ok(config.redis);
    assert.deepEqual(config.metrics, { host: "", port: 9100 });
    assert.deepEqual([config.grpc.host, config.grpc.port], ["", 44_000]);
    assert.deepEqual(config.sso, { address: "0.0.0.0:44044", timeoutMs: 5000, attempts: 5 });
    assert.equal(config.appSecret, "runner-secret");
  });

  it("loads config/local.example.yaml without a word, and it says the defaults", async () => {
    const example = await loadConfig({ file: join(root, "config/local.example.yaml"), env: {}, directory: directory() });
    const defaults = await loadConfig({ env: {}, directory: directory() });
    assert.deepEqual(example.warnings, []);
    assert.deepEqual(example.config, defaults.config);
  });

  it("config/local.example.yaml names every key", async () => {
    const example = await readFile(join(root, "config/local.example.yaml"), "utf8");
    for (const { path } of keysOf(configSchema({ host: "", cacheDir: "/x" }))) {
      assert.match(example, new RegExp(`^ *(# )?${path.at(-1)}:`, "m"));
    }
  });

  it("tells of a file that is not there, and of a directory", async () => {
    await mkdir(join(directory(), "dir"));
    assert.deepEqual(await mistakesIn("none.yaml"), ["there is no such file"]);
    assert.deepEqual(await mistakesIn("dir"), ["it can't be read: EISDIR"]);
  });

  it("refuses more than 1 MiB, also without an end", async () => {
    assert.deepEqual(await mistakesIn(await file("big.yaml", `#${"x".repeat(1024 * 1024)}`)), ["it is larger than 1 MiB"]);
    assert.deepEqual(await mistakesIn("/dev/zero"), ["it is larger than 1 MiB"]);
    await loadConfig({ file: await file("full.yaml", `#${"x".repeat(1024 * 1024 - 1)}`), env: {}, directory: directory() });
  });

  it("refuses what is not UTF-8, and takes a byte order mark", async () => {
    assert.deepEqual(await mistakesIn(await file("latin1.yaml", Buffer.from("env: l\xf6cal", "latin1"))), ["it is not UTF-8 text"]);
    const { config } = await loadConfig({ file: await file("bom.yaml", "\ufeffenv: dev"), env: {}, directory: directory() });
    assert.equal(config.env, "dev");
  });
});

describe("loadDotEnv", () => {
  const directory = temporaryDirectory();

  it("loads the whole file; the real environment wins", async () => {
    await writeFile(join(directory(), ".env"), "CONFIG_PATH=a.yaml\nAPP_SECRET='from file'\nOTHER=1\n");
    const env: Record<string, string> = { CONFIG_PATH: "real.yaml" };
    await loadDotEnv(directory(), env);
    assert.deepEqual(env, { CONFIG_PATH: "real.yaml", APP_SECRET: "from file", OTHER: "1" });
  });

  it("needs none", async () => {
    const env = {};
    await loadDotEnv(directory(), env);
    assert.deepEqual(env, {});
  });

  it("tells of one that can't be read", async () => {
    await mkdir(join(directory(), ".env"));
    await assert.rejects(loadDotEnv(directory(), {}), /\.env\) has a mistake:\n {2}it can't be read: EISDIR/);
  });
});
