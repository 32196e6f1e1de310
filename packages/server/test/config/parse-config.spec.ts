import assert from "node:assert/strict";
import { defaultGrpcLimits } from "@gorunner/adapters-grpc";
import { defaultHttpLimits } from "@gorunner/adapters-http";
import fc from "fast-check";
import { ConfigError } from "../../src/config/config-error.js";
import { keysOf } from "../../src/config/keys.js";
import { parseConfig } from "../../src/config/load-config.js";
import { configSchema } from "../../src/config/schema.js";

const schema = configSchema({ host: "", cacheDir: "/tmp/cache" });
const keys = keysOf(schema);

/** The mistakes that are found in a text; fails when there are none. */
function mistakesIn(text: string, env: Record<string, string> = {}): readonly string[] {
  try {
    parseConfig(text, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes;
    throw error;
  }
  return assert.fail("no mistake was found");
}

describe("parseConfig", () => {
  describe("defaults", () => {
    it("are api.md's", () => {
      const { config, warnings } = parseConfig("", {});
      assert.deepEqual(warnings, []);
      assert.deepEqual(
        { ...config, executor: { ...config.executor, cacheDir: "any" } },
        {
          env: "local",
          store: {
            location: { kind: "sqlite", path: ".runner/runner.db" },
            poolSize: 10,
            timeoutMs: 5000,
            limits: { quotaBytes: 10_737_418_240, snippetBytes: 2_097_152 },
          },
          redis: undefined,
          metrics: { host: "", port: 9100 },
          grpc: { host: "", port: 44_000, limits: defaultGrpcLimits },
          http: { host: "", port: 8090, bodyLimitBytes: 1_048_576, limits: defaultHttpLimits },
          cors: { origins: [], hosts: [] },
          sso: undefined,
          admins: [1n],
          appId: 1,
          appSecret: "",
          executor: {
            queue: 64,
            queueTimeoutMs: 10_000,
            sourceBytes: 1_048_576,
            limits: { buildTimeoutMs: 10_000, runTimeoutMs: 5000, memoryBytes: 268_435_456, outputBytes: 1_048_576 },
            sandbox: "auto",
            resources: "auto",
            cacheDir: "any",
            preloadLinker: true,
          },
          shutdownTimeoutMs: 10_000,
        },
      );
    });

    it("listen on this machine alone where there is no file", () => {
      const { grpc, http, metrics } = parseConfig(undefined, {}).config;
      assert.deepEqual([grpc.host, http.host, metrics?.host], ["127.0.0.1", "127.0.0.1", "127.0.0.1"]);
    });

    it("have no admins outside env local", () => {
      assert.deepEqual(parseConfig("env: dev", {}).config.admins, []);
      assert.deepEqual(parseConfig("env: local", {}).config.admins, [1n]);
      assert.deepEqual(parseConfig("env: dev\nauth: { admins: [7] }", {}).config.admins, [7n]);
    });

    it("hold for keys and groups without a value", () => {
      assert.deepEqual(parseConfig("grpc:\nhttp: {}\ndb_uri:\nclients: { sso: }", {}), parseConfig("", {}));
    });

    it("put the cache where executions can reach it", () => {
      const { cacheDir } = parseConfig("", { XDG_CACHE_HOME: "/x/cache", HOME: "/home/x" }).config.executor;
      assert.match(cacheDir, process.getuid?.() === 0 ? /^\/var\/cache\/gorunner$/ : /gorunner$/);
    });
  });

  describe("values", () => {
    it("takes an unknown env as prod, and says so", () => {
      const { config, warnings } = parseConfig("env: staging", {});
      assert.equal(config.env, "prod");
      assert.match(warnings.join(), /env: "staging" is not one of local, dev, prod; taken as prod/);
    });

    it("keeps ids beyond 2^53", () => {
      assert.deepEqual(parseConfig("auth: { admins: [9223372036854775807, 9007199254740993] }", {}).config.admins, [
        9223372036854775807n,
        9007199254740993n,
      ]);
    });

    it("understands a bare port, also of a service to connect to", () => {
      const { config } = parseConfig("prometheus_addr: :9200\nclients: { sso: { address: :44044 } }", {});
      assert.deepEqual(config.metrics, { host: "", port: 9200 });
      assert.equal(config.sso?.address, "127.0.0.1:44044");
    });

    it("takes origins and host names as they are compared", () => {
      const { cors } = parseConfig(
        "cors: { origins: ['HTTPS://App.example:443', 'http://localhost:3000'], hosts: [Runner.Example., '::1', '*'] }",
        {},
      ).config;
      assert.deepEqual(cors, { origins: ["https://app.example", "http://localhost:3000"], hosts: ["runner.example", "::1", "*"] });
    });

    it("turns the metrics endpoint off by an empty address", () => {
      assert.equal(parseConfig('prometheus_addr: ""', {}).config.metrics, undefined);
    });

    it("makes one attempt of no retries", () => {
      assert.equal(parseConfig("clients: { sso: { address: a:1, retriesCount: 0 } }", {}).config.sso?.attempts, 1);
    });

    it("warns of a short app_secret, and takes it", () => {
      const { config, warnings } = parseConfig("app_secret: runner-secret", {});
      assert.equal(config.appSecret, "runner-secret");
      assert.match(warnings.join(), /^app_secret: shorter than 32 bytes/);
      assert.doesNotMatch(warnings.join(), /runner-secret/);
    });
  });

  describe("unknown keys", () => {
    for (const [text, warning] of [
      ["grpc: { prot: 1 }", "unknown key grpc.prot; did you mean grpc.port?"],
      ["redis_adr: x", "unknown key redis_adr; did you mean redis_addr?"],
      ["clients: { sso: { retriescount: 1 } }", "unknown key clients.sso.retriescount; did you mean clients.sso.retriesCount?"],
      ["http: { __proto__: { port: 1 } }", "unknown key http.__proto__; did you mean http.port?"],
    ] as const) {
      it(`warns of ${text}`, () => assert.deepEqual(parseConfig(text, {}).warnings, [warning]));
    }

    it("does not show what slipped into a key", () => {
      assert.doesNotMatch(parseConfig("{ 'app_secret:hunter2': }", {}).warnings.join(), /hunter2/);
    });
  });

  describe("mistakes", () => {
    for (const [text, mistake] of [
      ["db: { pool: 0 }", "db.pool: expected an integer from 1 to 1000, found 0"],
      ["db: { pool: many }", 'db.pool: expected an integer from 1 to 1000, found "many"'],
      ["db: { timeout: 5 }", "db.timeout: expected a duration such as 5s or 1m30s, from 1ms to 5s, found 5"],
      ["db: { timeout: 6s }", 'db.timeout: expected a duration such as 5s or 1m30s, from 1ms to 5s, found "6s"'],
      ["prometheus_addr: 9100", "prometheus_addr: expected host:port or :port, found 9100"],
      ["grpc: { port: 65536 }", "grpc.port: expected an integer from 0 to 65535, found 65536"],
      ["grpc: { port: 1.5 }", "grpc.port: expected an integer from 0 to 65535, found 1.5"],
      ["grpc: { host: [a] }", 'grpc.host: expected a host name or an IP address, or nothing for every interface, found ["a"]'],
      ["grpc: 44000", "grpc: expected a mapping of keys to values, found 44000"],
      ["grpc: [44000]", "grpc: expected a mapping of keys to values, found [44000]"],
      ["grpc: { timeout: soon }", 'grpc.timeout: expected a duration such as 5s or 1m30s, up to 596h31m23s, found "soon"'],
      ["http: { body_limit: 1MB }", 'http.body_limit: expected a size such as 256KiB or 1MiB, found "1MB"'],
      ["cors: { origins: { a: b } }", 'cors.origins: expected a list of origins, found {"a":"b"}'],
      [
        "cors: { origins: ['https://app.example/'] }",
        'cors.origins: expected origins such as https://app.example:8443, without a path, or *, found ["https://app.example/"]',
      ],
      [
        "cors: { origins: ['null'] }",
        'cors.origins: expected origins such as https://app.example:8443, without a path, or *, found ["null"]',
      ],
      [
        "cors: { hosts: ['runner.example:8090'] }",
        'cors.hosts: expected host names such as runner.example, without a scheme and a port, or *, found ["runner.example:8090"]',
      ],
      ["clients: { sso: { address: here } }", 'clients.sso.address: expected host:port, found "here"'],
      [
        "clients: { sso: { timeout: 0s } }",
        'clients.sso.timeout: expected a duration such as 5s or 1m30s, from 1ms to 596h31m23s, found "0s"',
      ],
      ["auth: { admins: [0] }", "auth.admins: expected a list of positive integers, found [0]"],
      ["auth: { admins: 1 }", "auth.admins: expected a list of positive integers, found 1"],
      ["auth: { admins: [9223372036854775808] }", 'auth.admins: expected a list of positive integers, found ["9223372036854775808"]'],
      ["executor: { memory: 1MiB }", 'executor.memory: expected a size such as 256KiB or 1MiB, at least 16 MiB, found "1MiB"'],
      ["executor: { sandbox: chroot }", 'executor.sandbox: expected one of auto, bubblewrap, none, found "chroot"'],
      ['executor: { cache_dir: "" }', 'executor.cache_dir: expected a path, found ""'],
      ["shutdown_timeout: -1s", 'shutdown_timeout: expected a duration such as 5s or 1m30s, up to 596h31m23s, found "-1s"'],
    ] as const) {
      it(`tells of ${text}`, () => assert.deepEqual(mistakesIn(text), [mistake]));
    }

    it("are all told at once, each by its key", () => {
      const keysTold = mistakesIn(
        "db: { pool: x }\ngrpc: { port: x }\nhttp: 1\nexecutor: { queue: -1, output: x }\nredis_addr: [1]\nshutdown_timeout: x\n",
      ).map((mistake) => mistake.slice(0, mistake.indexOf(":")));
      assert.deepEqual(keysTold.sort(), [
        "db.pool",
        "executor.output",
        "executor.queue",
        "grpc.port",
        "http",
        "redis_addr",
        "shutdown_timeout",
      ]);
    });

    it("cut long values", () => {
      const [mistake = ""] = mistakesIn(`shutdown_timeout: ${"x".repeat(10_000)}`);
      assert.ok(mistake.length < 250, mistake);
    });

    for (const text of [
      "db_uri: postgres://u:hunter2@/x?nonsense=hunter2",
      "db_uri: mysql://u:hunter2@host/db",
      "db_uri: [hunter2]",
      "redis_addr: redis://u:hunter2@host:notaport",
      "redis_addr: { hunter2: 1 }",
      "app_secret: { hunter2: hunter2 }",
      "app_secret: hunter2\n\tdb_uri: hunter2",
      "app_secret: 'hunter2",
      "app_secret: *hunter2",
      "db_uri: @hunter2",
      "db_uri: a: hunter2: b",
      "hunter2",
    ]) {
      it(`never show a secret: ${JSON.stringify(text.replaceAll("hunter2", "…"))}`, () =>
        assert.doesNotMatch(mistakesIn(text).join("\n"), /hunter2/));
    }
  });

  describe("modules", () => {
    const modules = (text: string) => parseConfig(`executor: { ${text} }`, {}).config.executor.modules;

    it("are off unless they are turned on", () => {
      assert.equal(modules("modules: off"), undefined);
      assert.equal(modules("modules: false"), undefined);
      const usual = { proxy: "", redirectHosts: [], perCaller: 2, queue: 64, queueTimeoutMs: 10_000, timeoutMs: 30_000 };
      assert.deepEqual(modules("modules: on"), usual);
      assert.deepEqual(modules("modules: true"), usual);
    });

    it("come from a list of proxies", () => {
      const goproxy = "https://user:word@proxy.example/go,http://10.0.0.1:3000|https://other.example";
      assert.equal(modules(`modules: on, goproxy: '${goproxy}'`)?.proxy, goproxy);
    });

    it("are fetched within limits, and from hosts that proxies may redirect to", () => {
      const fetches =
        "concurrency: 3, per_caller: 1, queue: 5, queue_timeout: 2s, timeout: 20s, redirect_hosts: [a.example, 'B.example:8443']";
      assert.deepEqual(modules(`modules: on, fetches: { ${fetches} }`), {
        ...{ proxy: "", redirectHosts: ["a.example", "b.example:8443"], concurrency: 3, perCaller: 1, queue: 5 },
        ...{ queueTimeoutMs: 2_000, timeoutMs: 20_000 },
      });
    });

    for (const host of ["https://a.example", "a.example/path", "u@a.example", "a b", "a.example?x"]) {
      it(`are never fetched from what is no host: ${host}`, () => {
        const [mistake = ""] = mistakesIn(`executor: { fetches: { redirect_hosts: ['${host}'] } }`);
        assert.match(mistake, /^executor\.fetches\.redirect_hosts: expected a list of host names/);
      });
    }

    it("warn of proxies that nobody asks", () => {
      const { warnings } = parseConfig("executor: { goproxy: 'https://u:hunter2@proxy.example' }", {});
      assert.deepEqual(warnings, ["executor.goproxy: of no effect while executor.modules is off"]);
    });

    for (const [goproxy, why] of [
      ["direct", "direct is no proxy"],
      ["https://proxy.example,direct", "direct is no proxy"],
      ["off", "off is no proxy"],
      ["file:///srv/modules", "not a list of"],
      ["https://proxy.example,", "not a list of"],
      ["git+ssh://hunter2@host/x", "not a list of"],
      ["http://u:hunter2@proxy.example", "no password is sent over http"],
      ["https://proxy.example?token=hunter2", "the URL of a module proxy has no query"],
    ] as const) {
      it(`never come from ${goproxy.replace("hunter2", "…")}`, () => {
        const [mistake = ""] = mistakesIn(`executor: { modules: on, goproxy: '${goproxy}' }`);
        assert.ok(mistake.startsWith(`executor.goproxy: ${why}`), mistake);
        assert.doesNotMatch(mistake, /hunter2/);
      });
    }
  });

  describe("what is not available yet", () => {
    for (const [text, name] of [
      ["auth: { mode: jwt }", "auth.mode"],
      ["executor: { sandbox: gvisor }", "executor.sandbox"],
      ["limits: { runs_per_minute: 5 }", "limits"],
    ] as const) {
      it(`is refused by name: ${text}`, () => {
        const [mistake = ""] = mistakesIn(text);
        assert.ok(mistake.startsWith(`${name}: not available yet`), mistake);
      });
    }

    it("is no mistake while it is off", () => {
      parseConfig("auth: { mode: trusted_user_id }\nexecutor: { modules: off, goproxy: '' }\nlimits: {}", {});
    });
  });

  describe("YAML", () => {
    for (const [name, text, mistake] of [
      ["a key given twice", "env: local\nenv: dev", "line 2, column 1: not valid YAML: duplicate key"],
      ["a tab", "grpc:\n\tport: 1", "line 2, column 1: not valid YAML: tab as indent"],
      ["a list", "- 1", "it is not a mapping of keys to values"],
      ["a text", "local", "it is not a mapping of keys to values"],
      ["two documents", "env: dev\n---\nenv: dev", "line 2, column 1: not valid YAML: multiple docs"],
      ["an alias to nothing", "env: *x", "not valid YAML: an alias without an anchor, or too many aliases"],
    ] as const) {
      it(`tells of ${name}`, () => assert.ok(mistakesIn(text).includes(mistake), mistakesIn(text).slice(0, 3).join("\n")));
    }

    it("does not follow nesting deeper than the stack", () => {
      assert.match(mistakesIn("[".repeat(5000)).join(), /not valid YAML: (resource exhaustion|nested too deeply)/);
    });

    it("does not explode with aliases", () => {
      const levels = Array.from({ length: 30 }, (_, level) => `a${level + 1}: &a${level + 1} [${`*a${level}, `.repeat(9)}*a${level}]`);
      const text = ["a0: &a0 [x]", ...levels].join("\n");
      assert.match(mistakesIn(text).join(), /too many aliases/);
    });

    it("takes an empty file, comments alone, anchors and merges", () => {
      parseConfig("", {});
      parseConfig("# nothing\n", {});
      assert.equal(parseConfig("x: &x { port: 1 }\ngrpc: { <<: *x }", {}).config.grpc.port, 1);
    });

    it("never makes anything but a configuration or a list of mistakes of any text", () => {
      const name = fc.constantFrom(...keys.map((key) => key.path.at(-1) ?? ""), "x");
      const value = fc.oneof(fc.json(), fc.string(), fc.constantFrom("&a", "*a", "!!binary x", "|", "? ", "- - 1", "1e999", ".nan", "~"));
      const line = fc.tuple(fc.constantFrom("", "  ", "    ", "\t"), name, value).map(([indent, key, v]) => `${indent}${key}: ${v}`);
      const text = fc.oneof(
        fc.string({ unit: "binary" }),
        fc.array(line).map((lines) => lines.join("\n")),
      );
      fc.assert(
        fc.property(text, (yaml) => {
          try {
            parseConfig(yaml, {});
          } catch (error) {
            assert.ok(error instanceof ConfigError, String(error));
          }
        }),
        { numRuns: 500 },
      );
    });
  });

  it("uses no Redis for a store in memory: what is in it is of another store", () => {
    const { config, warnings } = parseConfig("db_uri: 'memory:'\nredis_addr: localhost", {});
    assert.equal(config.redis, undefined);
    assert.deepEqual(warnings, ["redis_addr: of no effect with db_uri memory:, which is another store at each start"]);
    assert.ok(parseConfig("redis_addr: localhost", {}).config.redis !== undefined);
  });
});
