import assert from "node:assert/strict";
import type { Config } from "../../src/config/config.js";
import { ConfigError } from "../../src/config/config-error.js";
import { keysOf } from "../../src/config/keys.js";
import { parseConfig } from "../../src/config/load-config.js";
import { configSchema } from "../../src/config/schema.js";

const keys = keysOf(configSchema({ host: "", cacheDir: "/tmp/cache" })).filter((key) => !key.isGroup);

interface Override {
  value: string;
  sees(config: Config): unknown;
  as: unknown;
}

/** The keys that both transports have. */
const edge = (transport: "grpc" | "http"): Record<string, Override> => ({
  [`${transport}.connections`]: { value: "7", sees: (c) => c[transport].limits.maxConnections, as: 7 },
  [`${transport}.connections_per_peer`]: { value: "6", sees: (c) => c[transport].limits.maxConnectionsPerPeer, as: 6 },
  [`${transport}.header_limit`]: { value: "1KiB", sees: (c) => c[transport].limits.maxHeaderBytes, as: 1024 },
  [`${transport}.buffers`]: { value: "8MiB", sees: (c) => c[transport].limits.maxBufferBytes, as: 8_388_608 },
  [`${transport}.receive_timeout`]: { value: "5ms", sees: (c) => c[transport].limits.receiveTimeoutMs, as: 5 },
  [`${transport}.answer_timeout`]: { value: "4ms", sees: (c) => c[transport].limits.answerTimeoutMs, as: 4 },
  [`${transport}.idle_timeout`]: { value: "3ms", sees: (c) => c[transport].limits.idleTimeoutMs, as: 3 },
});

/** A value of the environment for each key, and what it sets; a key that is missing here fails a test below. */
const overrides: Record<string, Override> = {
  env: { value: "dev", sees: (c) => c.env, as: "dev" },
  db_uri: { value: "memory:", sees: (c) => c.store.location.kind, as: "memory" },
  "db.pool": { value: "3", sees: (c) => c.store.poolSize, as: 3 },
  "db.timeout": { value: "1.5s", sees: (c) => c.store.timeoutMs, as: 1500 },
  redis_addr: { value: "127.0.0.1:6379", sees: (c) => c.redis !== undefined, as: true },
  prometheus_addr: { value: "127.0.0.1:0", sees: (c) => c.metrics, as: { host: "127.0.0.1", port: 0 } },
  "grpc.host": { value: "::1", sees: (c) => c.grpc.host, as: "::1" },
  "grpc.port": { value: "1", sees: (c) => c.grpc.port, as: 1 },
  "grpc.timeout": { value: "10h", sees: () => "unused", as: "unused" },
  "store.quota": { value: "5GiB", sees: (c) => c.store.limits.quotaBytes, as: 5_368_709_120 },
  "store.snippet": { value: "3MiB", sees: (c) => c.store.limits.snippetBytes, as: 3_145_728 },
  ...edge("grpc"),
  "grpc.streams": { value: "8", sees: (c) => c.grpc.limits.maxStreams, as: 8 },
  "grpc.message_limit": { value: "65536", sees: (c) => c.grpc.limits.maxRequestBytes, as: 65_536 },
  "grpc.connection_age": { value: "480h", sees: (c) => c.grpc.limits.connectionAgeMs, as: 1_728_000_000 },
  ...edge("http"),
  "http.host": { value: "localhost", sees: (c) => c.http.host, as: "localhost" },
  "http.port": { value: "0", sees: (c) => c.http.port, as: 0 },
  "http.body_limit": { value: "64KiB", sees: (c) => c.http.bodyLimitBytes, as: 65_536 },
  "cors.origins": {
    value: "https://a.example, https://b.example",
    sees: (c) => c.cors.origins,
    as: ["https://a.example", "https://b.example"],
  },
  "cors.hosts": { value: "runner.example", sees: (c) => c.cors.hosts, as: ["runner.example"] },
  "clients.sso.address": { value: "sso:44044", sees: (c) => c.sso?.address, as: "sso:44044" },
  "clients.sso.timeout": { value: "250ms", sees: (c) => c.sso?.timeoutMs, as: 250 },
  "clients.sso.retriesCount": { value: "7", sees: (c) => c.sso?.attempts, as: 7 },
  "auth.mode": { value: "trusted_user_id", sees: () => "only", as: "only" },
  "auth.app_id": { value: "2", sees: (c) => c.appId, as: 2 },
  "auth.admins": { value: "4, 5", sees: (c) => c.admins, as: [4n, 5n] },
  app_secret: { value: "s".repeat(32), sees: (c) => c.appSecret, as: "s".repeat(32) },
  "executor.concurrency": { value: "9", sees: (c) => c.executor.concurrency, as: 9 },
  "executor.queue": { value: "0", sees: (c) => c.executor.queue, as: 0 },
  "executor.queue_timeout": { value: "2s", sees: (c) => c.executor.queueTimeoutMs, as: 2000 },
  "executor.source": { value: "2MiB", sees: (c) => c.executor.sourceBytes, as: 2_097_152 },
  "executor.build_timeout": { value: "3s", sees: (c) => c.executor.limits.buildTimeoutMs, as: 3000 },
  "executor.run_timeout": { value: "4s", sees: (c) => c.executor.limits.runTimeoutMs, as: 4000 },
  "executor.memory": { value: "128MiB", sees: (c) => c.executor.limits.memoryBytes, as: 134_217_728 },
  "executor.output": { value: "1000", sees: (c) => c.executor.limits.outputBytes, as: 1000 },
  "executor.resources": { value: "rlimits", sees: (c) => c.executor.resources, as: "rlimits" },
  "executor.sandbox": { value: "bubblewrap", sees: (c) => c.executor.sandbox, as: "bubblewrap" },
  "executor.cache_dir": { value: "/x y", sees: (c) => c.executor.cacheDir, as: "/x y" },
  "executor.modules": { value: "on", sees: (c) => c.executor.modules?.proxy, as: "" },
  "executor.preload_linker": { value: "off", sees: (c) => c.executor.preloadLinker, as: false },
  "executor.goproxy": { value: "https://a.example", sees: (c) => c.executor.modules?.proxy, as: "https://a.example" },
  "executor.fetches.concurrency": { value: "3", sees: (c) => c.executor.modules?.concurrency, as: 3 },
  "executor.fetches.per_caller": { value: "1", sees: (c) => c.executor.modules?.perCaller, as: 1 },
  "executor.fetches.queue": { value: "9", sees: (c) => c.executor.modules?.queue, as: 9 },
  "executor.fetches.queue_timeout": { value: "2s", sees: (c) => c.executor.modules?.queueTimeoutMs, as: 2000 },
  "executor.fetches.timeout": { value: "20s", sees: (c) => c.executor.modules?.timeoutMs, as: 20_000 },
  "executor.fetches.redirect_hosts": {
    value: "a.example, b.example:8443",
    sees: (c) => c.executor.modules?.redirectHosts,
    as: ["a.example", "b.example:8443"],
  },
  limits: { value: "", sees: () => "only", as: "only" },
  shutdown_timeout: { value: "0s", sees: (c) => c.shutdownTimeoutMs, as: 0 },
};

/** Something for each of the keys that only show beside another. */
const base = { RUNNER_CLIENTS_SSO_ADDRESS: "base:1", RUNNER_EXECUTOR_MODULES: "on" };

describe("the environment", () => {
  for (const key of keys) {
    it(`overrides ${key.name} by ${key.variable}`, () => {
      const override = overrides[key.name];
      assert.ok(override, `${key.name} is not tested`);
      const { config } = parseConfig("", { ...base, [key.variable]: override.value });
      assert.deepEqual(override.sees(config), override.as);
    });

    it(`is named when ${key.variable} is wrong`, () => {
      const wrong = "\0 what nobody takes, anywhere";
      if (["env", "app_secret"].includes(key.name)) return assert.ok(parseConfig("", { [key.variable]: wrong }));
      return assert.throws(
        () => parseConfig("", { [key.variable]: wrong }),
        (error) => error instanceof ConfigError && error.mistakes.length === 1 && error.message.includes(`${key.name} (${key.variable}): `),
      );
    });
  }

  it("flattens camel case", () => {
    assert.ok(keys.some(({ variable }) => variable === "RUNNER_CLIENTS_SSO_RETRIESCOUNT"));
  });

  it("wins over the file, also where the file lacks the group", () => {
    assert.equal(parseConfig("grpc: { port: 1 }", { RUNNER_GRPC_PORT: "2" }).config.grpc.port, 2);
    assert.equal(parseConfig("env: dev", { RUNNER_GRPC_PORT: "2" }).config.grpc.port, 2);
  });

  it("may hold RUNNER_* variables of others", () => {
    const { warnings } = parseConfig("", { RUNNER_TEMP: "/tmp", RUNNER_OS: "Linux", RUNNER_GRPC: "x", RUNNER_DEBUG: "1" });
    assert.deepEqual(warnings, []);
  });

  it("gives the secret as APP_SECRET too; RUNNER_APP_SECRET wins", () => {
    const appSecret = (env: Record<string, string>) => parseConfig("app_secret: file", env).config.appSecret;
    assert.equal(appSecret({}), "file");
    assert.equal(appSecret({ APP_SECRET: "plain" }), "plain");
    assert.equal(appSecret({ APP_SECRET: "plain", RUNNER_APP_SECRET: "own" }), "own");
  });
});
