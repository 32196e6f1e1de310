/**
 * The configuration file, key by key: what each takes, and what it is when absent. Names are those of the file, so that
 * this page can be laid beside it; `config.ts` gives them their names in the program.
 */
import { defaultGrpcLimits } from "@gorunner/adapters-grpc";
import { defaultHttpLimits, readAllowedHost, readAllowedOrigin } from "@gorunner/adapters-http";
import { parseRedisAddress, parseStoreUri } from "@gorunner/adapters-storage";
import { defaultLimits, defaultStoreLimits, maxCodeBytes, RunnerError } from "@gorunner/core";
import { parseModuleProxies } from "@gorunner/executor-go";
import { z } from "zod";
import {
  choice,
  dialAddress,
  durationMs,
  host,
  hostNames,
  ids,
  integer,
  leaf,
  listenAddress,
  longest,
  notYet,
  onOff,
  Refusal,
  sizeBytes,
  text,
  textOf,
  texts,
} from "./leaf.js";

/** What the defaults depend on. */
export interface Surroundings {
  /** `127.0.0.1` where there is no file, else empty: every interface. */
  host: string;
  cacheDir: string;
}

/** Keys whose values are never printed. */
export const secretKeys: ReadonlySet<string> = new Set(["db_uri", "redis_addr", "app_secret", "executor.goproxy"]);

const kib = 1024;
const mib = 1024 * kib;

export function configSchema(around: Surroundings) {
  return z.object({
    env: text().default("local"),
    db_uri: storeUri().default(parseStoreUri("sqlite:.runner/runner.db")),
    db: group({
      pool: integer({ min: 1, max: 1000 }).default(10),
      timeout: durationMs({ min: 1, max: { ms: 5000, written: "5s" } }).default(5000),
    }),
    store: group({
      quota: sizeBytes(mib).default(defaultStoreLimits.quotaBytes),
      // Room for the largest code, and for some output.
      snippet: sizeBytes(2 * maxCodeBytes).default(defaultStoreLimits.snippetBytes),
    }),
    redis_addr: redisAddress().default({ at: undefined }),
    prometheus_addr: listenAddress().default({ at: { host: around.host, port: 9100 } }),
    grpc: group({
      host: host().default(around.host),
      port: port().default(44_000),
      // Accepted and unused, as in the Go service.
      timeout: durationMs({ min: 0, max: longest }).default(5000),
      ...edge(defaultGrpcLimits),
      streams: integer({ min: 1, max: 2 ** 31 - 1 }).default(defaultGrpcLimits.maxStreams),
      message_limit: sizeBytes(64 * kib).default(defaultGrpcLimits.maxRequestBytes),
      connection_age: durationMs({ min: 1, max: days }).default(defaultGrpcLimits.connectionAgeMs),
    }),
    http: group({
      host: host().default(around.host),
      port: port().default(8090),
      body_limit: sizeBytes().default(mib),
      ...edge(defaultHttpLimits),
    }),
    cors: group({
      origins: texts("a list of origins", (origin) => tellingWhy(() => readAllowedOrigin(origin))).default([]),
      hosts: texts("a list of host names", (name) => tellingWhy(() => readAllowedHost(name))).default([]),
    }),
    clients: group({
      sso: group({
        address: dialAddress().default(""),
        timeout: durationMs().default(5000),
        // The Go client's 0 retries are one attempt.
        retriesCount: integer({ min: 0, max: 100 }).default(3),
      }),
    }),
    auth: group({
      mode: choice(["trusted_user_id"], ["jwt"]).default("trusted_user_id"),
      app_id: integer({ min: 1, max: 2 ** 31 - 1 }).default(1),
      admins: ids().optional(),
    }),
    app_secret: text().default(""),
    executor: group({
      concurrency: integer({ min: 1, max: 1024 }).optional(),
      queue: integer({ min: 0, max: 100_000 }).default(64),
      queue_timeout: durationMs().default(10_000),
      source: sizeBytes().default(mib),
      build_timeout: durationMs().default(defaultLimits.buildTimeoutMs),
      run_timeout: durationMs().default(defaultLimits.runTimeoutMs),
      // Less would not hold the Go runtime itself.
      memory: sizeBytes(16 * mib).default(defaultLimits.memoryBytes),
      output: sizeBytes().default(defaultLimits.outputBytes),
      sandbox: choice(["auto", "bubblewrap", "none"], ["gvisor"]).default("auto"),
      resources: choice(["auto", "cgroup-v2", "cgroup-v1", "rlimits"]).default("auto"),
      cache_dir: path().default(around.cacheDir),
      modules: onOff().default(false),
      preload_linker: onOff().default(true),
      goproxy: moduleProxies().default(""),
      fetches: group({
        concurrency: integer({ min: 1, max: 64 }).optional(),
        per_caller: integer({ min: 1, max: 64 }).default(2),
        queue: integer({ min: 0, max: 10_000 }).default(64),
        queue_timeout: durationMs().default(10_000),
        timeout: durationMs().default(30_000),
        redirect_hosts: hostNames().default([]),
      }),
    }),
    limits: notYet({}, isEmpty).default({}),
    shutdown_timeout: durationMs({ min: 0, max: longest }).default(10_000),
  });
}

export type ConfigSchema = ReturnType<typeof configSchema>;
/** A configuration with the names of the file. */
export type FileConfig = z.output<ConfigSchema>;

/** Absent and empty groups are full of defaults. */
const group = <Shape extends z.ZodRawShape>(shape: Shape) => z.object(shape).prefault({} as z.input<z.ZodObject<Shape>>);

/** What both transports bound. */
const edge = (limits: EdgeDefaults) => ({
  connections: integer({ min: 1, max: 1_000_000 }).default(limits.maxConnections),
  connections_per_peer: integer({ min: 1, max: 1_000_000 }).default(limits.maxConnectionsPerPeer),
  header_limit: sizeBytes(kib).default(limits.maxHeaderBytes),
  // Half of it is one peer's, who must have room for an answer or two.
  buffers: sizeBytes(8 * mib).default(limits.maxBufferBytes),
  receive_timeout: durationMs({ min: 1, max: days }).default(limits.receiveTimeoutMs),
  answer_timeout: durationMs({ min: 1, max: days }).default(limits.answerTimeoutMs),
  idle_timeout: durationMs({ min: 1, max: days }).default(limits.idleTimeoutMs),
});

type EdgeDefaults = Record<
  | "maxConnections"
  | "maxConnectionsPerPeer"
  | "maxHeaderBytes"
  | "maxBufferBytes"
  | "receiveTimeoutMs"
  | "answerTimeoutMs"
  | "idleTimeoutMs",
  number
>;

/** Timers that are given some tenths more must still fit into a timer of Node's. */
const days = { ms: 20 * 24 * 60 * 60_000, written: "480h" };

const port = () => integer({ min: 0, max: 65_535 });

const path = () => leaf("a path", (value) => (typeof value === "string" && value !== "" && !value.includes("\0") ? value : undefined));

const storeUri = () => leaf("a database URI", (value) => tellingWhy(() => parseStoreUri(textOf(value) ?? "")));

const redisAddress = () =>
  leaf("host:port or a redis:// URL", (value) =>
    value === "" ? { at: undefined } : { at: tellingWhy(() => parseRedisAddress(textOf(value) ?? "")) },
  );

/** Empty: the toolchain's own default. */
const moduleProxies = () =>
  leaf("a list of module proxies' URLs", (value) => (value === "" ? "" : tellingWhy(() => parseModuleProxies(textOf(value) ?? "").list)));

/** The adapters say themselves what is wrong with an address, and never show a password. */
function tellingWhy<Value>(parse: () => Value): Value {
  try {
    return parse();
  } catch (error) {
    if (error instanceof RunnerError && error.code === "INVALID_ARGUMENT") throw new Refusal(error.message);
    throw error;
  }
}

const isEmpty = (value: unknown) => value === "" || (typeof value === "object" && value !== null && Object.keys(value).length === 0);
