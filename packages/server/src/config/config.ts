/** The configuration as the program uses it: settled, checked, with units in its names. */
import type { GrpcLimits } from "@gorunner/adapters-grpc";
import type { CorsOptions, HttpLimits } from "@gorunner/adapters-http";
import type { RedisAddress, StoreLocation } from "@gorunner/adapters-storage";
import { type Limits, maxCodeBytes, type StoreLimits } from "@gorunner/core";
import type { ModuleOptions, ResourceChoice, SandboxChoice } from "@gorunner/executor-go";
import type { HostPort } from "./address.js";
import type { FileConfig } from "./schema.js";

export type Env = "local" | "dev" | "prod";

export interface Config {
  env: Env;
  store: { location: StoreLocation; poolSize: number; timeoutMs: number; limits: StoreLimits };
  /** Absent: an in-process cache. */
  redis: RedisAddress | undefined;
  /** Where `/metrics` is; absent: nowhere. */
  metrics: HostPort | undefined;
  grpc: HostPort & { limits: GrpcLimits };
  http: HostPort & { bodyLimitBytes: number; limits: HttpLimits };
  cors: CorsOptions;
  /** Absent: the static list of admins. */
  sso: { address: string; timeoutMs: number; attempts: number } | undefined;
  admins: bigint[];
  appId: number;
  appSecret: string;
  executor: {
    /** Absent: as many as the machine can take, see GoExecutorOptions. */
    concurrency?: number;
    queue: number;
    queueTimeoutMs: number;
    sourceBytes: number;
    limits: Partial<Limits>;
    sandbox: SandboxChoice;
    resources: ResourceChoice;
    cacheDir: string;
    /** Absent: modules are off. */
    modules?: ModuleOptions;
    preloadLinker: boolean;
  };
  shutdownTimeoutMs: number;
}

/** What a secret needs, in bytes, for HS256 (RFC 7518, section 3.2). */
const minSecretBytes = 32;

export interface Settled {
  config: Config;
  /** What is odd but can be lived with. */
  warnings: string[];
}

export function settle(file: FileConfig): Settled {
  const env = envOf(file.env);
  const { sso } = file.clients;
  const config: Config = {
    env,
    store: {
      location: file.db_uri,
      poolSize: file.db.pool,
      timeoutMs: file.db.timeout,
      limits: { quotaBytes: file.store.quota, snippetBytes: file.store.snippet },
    },
    // A store that is another one at each start must not answer what an older one left there.
    redis: file.db_uri.kind === "memory" ? undefined : file.redis_addr.at,
    metrics: file.prometheus_addr.at,
    grpc: { host: file.grpc.host, port: file.grpc.port, limits: grpcLimitsOf(file.grpc) },
    http: { host: file.http.host, port: file.http.port, bodyLimitBytes: file.http.body_limit, limits: edgeLimitsOf(file.http) },
    cors: file.cors,
    sso: sso.address === "" ? undefined : { address: sso.address, timeoutMs: sso.timeout, attempts: Math.max(1, sso.retriesCount) },
    admins: file.auth.admins ?? (env === "local" ? [1n] : []),
    appId: file.auth.app_id,
    appSecret: file.app_secret,
    executor: executorOf(file.executor),
    shutdownTimeoutMs: file.shutdown_timeout,
  };
  return { config, warnings: warningsAbout(file, config) };
}

function executorOf(file: FileConfig["executor"]): Config["executor"] {
  return {
    queue: file.queue,
    queueTimeoutMs: file.queue_timeout,
    sourceBytes: file.source,
    limits: { buildTimeoutMs: file.build_timeout, runTimeoutMs: file.run_timeout, memoryBytes: file.memory, outputBytes: file.output },
    sandbox: file.sandbox,
    resources: file.resources,
    cacheDir: file.cache_dir,
    preloadLinker: file.preload_linker,
    ...(file.concurrency === undefined ? {} : { concurrency: file.concurrency }),
    ...(file.modules ? { modules: modulesOf(file) } : {}),
  };
}

function modulesOf({ goproxy, fetches }: FileConfig["executor"]): ModuleOptions {
  const { concurrency, per_caller, queue, queue_timeout, timeout, redirect_hosts } = fetches;
  return {
    ...{ proxy: goproxy, redirectHosts: redirect_hosts, perCaller: per_caller, queue },
    ...{ queueTimeoutMs: queue_timeout, timeoutMs: timeout },
    ...(concurrency === undefined ? {} : { concurrency }),
  };
}

const edgeLimitsOf = (file: FileConfig["http"] | FileConfig["grpc"]): HttpLimits => ({
  maxConnections: file.connections,
  maxConnectionsPerPeer: file.connections_per_peer,
  maxHeaderBytes: file.header_limit,
  maxBufferBytes: file.buffers,
  receiveTimeoutMs: file.receive_timeout,
  answerTimeoutMs: file.answer_timeout,
  idleTimeoutMs: file.idle_timeout,
});

const grpcLimitsOf = (file: FileConfig["grpc"]): GrpcLimits => ({
  ...edgeLimitsOf(file),
  maxStreams: file.streams,
  maxRequestBytes: file.message_limit,
  connectionAgeMs: file.connection_age,
});

const envOf = (name: string): Env => (name === "local" || name === "dev" ? name : "prod");

function warningsAbout(file: FileConfig, config: Config): string[] {
  const warnings: string[] = [];
  if (file.env !== config.env) warnings.push(`env: ${JSON.stringify(file.env)} is not one of local, dev, prod; taken as prod`);
  if (config.appSecret !== "" && Buffer.byteLength(config.appSecret) < minSecretBytes) {
    warnings.push(`app_secret: shorter than ${minSecretBytes} bytes, which makes tokens easier to forge`);
  }
  if (file.redis_addr.at !== undefined && config.redis === undefined)
    warnings.push("redis_addr: of no effect with db_uri memory:, which is another store at each start");
  if (file.store.snippet < file.executor.output + maxCodeBytes)
    warnings.push("store.snippet: less than executor.output and the largest code together; long outputs are cut when they are shared");
  if (file.executor.goproxy !== "" && !file.executor.modules) warnings.push("executor.goproxy: of no effect while executor.modules is off");
  return warnings;
}
