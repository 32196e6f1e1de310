/**
 * Starting and stopping a server: both orders are written here, and nowhere else.
 *
 * Start: store, migration, metrics endpoint, executor (in the background), gRPC, HTTP, health.
 * Stop: not ready; the executor drains while everything still listens, so that new runs are refused and reads go on;
 * then the executor, the transports, the metrics endpoint, the SSO client, what reads have left to do, the cache, the store.
 */
import { setTimeout as delay } from "node:timers/promises";
import { asRunnerError, RunnerError } from "@gorunner/core";
import { lacksTold, noWalls } from "@gorunner/executor-go";
import type { Container } from "inversify";
import { createContainer, type Given } from "../composition/container.js";
import { tokens } from "../composition/tokens.js";
import type { HostPort } from "../config/address.js";
import { expireNowAndThen } from "./expiry.js";
import { HealthWatch } from "./health-watch.js";
import { migrateAtStart, withoutMigration } from "./migrate.js";
import { pause } from "./pause.js";
import { measureNowAndThen } from "./store-measure.js";

export interface ServerOptions extends Given {
  /** Whether the store is migrated at start. */
  migrate: boolean;
  /** How long to wait before a failed executor is prepared again. */
  executorRetryMs?: number;
  /** Called when the server can't do its work and never will; it should be stopped then. */
  onFatal(error: unknown): void;
}

export interface Listening {
  grpc: HostPort;
  http: HostPort;
  metrics: HostPort | undefined;
}

const executorRetryMs = 15_000;

/** How long requests that have their answer may take to send it, in milliseconds. */
const transportGraceMs = 1000;

export class Server {
  readonly #options: ServerOptions;
  readonly #container: Container;
  readonly #stopping = new AbortController();
  /** What has been opened, by the name that the log uses; see {@link Server.stop} for the order of closing. */
  readonly #close: Partial<Record<Part, () => unknown>> = {};
  #background: Promise<unknown>[] = [];
  #beforeDrain: () => void = () => {};

  constructor(options: ServerOptions) {
    this.#options = options;
    this.#container = createContainer(options);
  }

  /** @throws RunnerError when something can't be opened; all that was opened has then been closed. */
  async start(): Promise<Listening> {
    try {
      return await this.#start();
    } catch (error) {
      this.#stopping.abort();
      await this.#closeAll();
      throw error;
    }
  }

  async #start(): Promise<Listening> {
    const { config } = this.#options;
    const store = await this.#container.getAsync(tokens.store);
    this.#close.store = () => store.close();
    await this.#migrate();

    const cache = this.#container.get(tokens.cache);
    this.#close.cache = () => closeIfAny(cache);
    const admins = this.#container.get(tokens.admins);
    this.#close.admins = () => closeIfAny(admins);

    const metricsServer = this.#container.get(tokens.metricsServer);
    this.#close.metricsServer = () => metricsServer.close({ graceMs: transportGraceMs });
    const metrics = config.metrics && (await listen("prometheus_addr", metricsServer, config.metrics));

    const executor = this.#container.get(tokens.executor);
    this.#close.executor = () => executor.close();
    const prepared = this.#prepareExecutor();
    this.#background.push(prepared);

    const grpcServer = await this.#container.getAsync(tokens.grpcServer);
    this.#close.grpcServer = () => grpcServer.close({ graceMs: transportGraceMs });
    const grpc = await listen("grpc.port", grpcServer, config.grpc);

    const httpServer = await this.#container.getAsync(tokens.httpServer);
    this.#close.httpServer = () => httpServer.close({ graceMs: transportGraceMs });
    const http = await listen("http.port", httpServer, config.http);

    await this.#watchHealth(prepared);
    const { getSnippet } = await this.#container.getAsync(tokens.useCases);
    this.#close.reads = () => getSnippet.close();
    await this.#expireSnippets();
    await this.#measureStore();
    return { grpc, http, metrics };
  }

  /** Never rejects: what can't be closed is logged. Safe to call twice. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#beforeDrain();
    await this.#drain();
    await this.#closeAll();
  }

  async #drain(): Promise<void> {
    const { config, logger } = this.#options;
    if (this.#close.executor === undefined) return;
    const done = new AbortController();
    const inTime = await Promise.race([
      this.#container
        .get(tokens.executor)
        .drain()
        .then(() => true),
      delay(config.shutdownTimeoutMs, false, { signal: done.signal }).catch(() => false),
    ]);
    done.abort();
    if (!inTime) logger.warn("cancelling what still runs", { shutdownTimeoutMs: config.shutdownTimeoutMs });
  }

  async #closeAll(): Promise<void> {
    await this.#closeParts(["executor"]);
    // The two transports serve the same use cases; neither has to wait for the other's last answers.
    await Promise.all([this.#closeParts(["grpcServer"]), this.#closeParts(["httpServer"])]);
    await Promise.all(this.#background);
    await this.#closeParts(["metricsServer", "admins", "reads", "cache", "store"]);
  }

  async #closeParts(parts: Part[]): Promise<void> {
    for (const part of parts) {
      try {
        await this.#close[part]?.();
      } catch (error) {
        this.#options.logger.error("could not be closed", { part, err: error });
      }
      delete this.#close[part];
    }
  }

  async #migrate(): Promise<void> {
    const { migrate, logger, onFatal } = this.#options;
    const { migrations } = await this.#container.getAsync(tokens.store);
    const run = { migrations: migrate ? migrations : withoutMigration(migrations), logger, signal: this.#stopping.signal };
    const { rest } = await migrateAtStart(run);
    this.#background.push(rest.catch(onFatal));
  }

  /**
   * Its failure is not the server's end: reads go on, runs are refused with the reason, `/readyz` says it, and what was
   * missing may be there at the next try.
   */
  async #prepareExecutor(): Promise<void> {
    const { logger } = this.#options;
    const { signal } = this.#stopping;
    const executor = this.#container.get(tokens.executor);
    for (let told = ""; !signal.aborted; await pause(this.#options.executorRetryMs ?? executorRetryMs, signal)) {
      try {
        await executor.prepare();
        const { toolchain, tier, resources, seccomp, linker, concurrency, lacks = [] } = executor.status();
        if (tier === "none") logger.warn(noWalls);
        if (lacks.length > 0) logger.warn("limits on memory and processes are not exact here", { why: lacksTold(lacks) });
        logger.info("the executor is ready", { toolchain, tier, resources, seccomp, linker, concurrency });
        return this.#container
          .get(tokens.metrics)
          .setSandboxInfo({ tier: tier ?? "none", resources: resources ?? "none", seccomp: seccomp ?? "none" });
      } catch (error) {
        const { message } = asRunnerError(error);
        if (!signal.aborted && message !== told) logger.error("nothing can be executed", { err: error });
        told = message;
      }
    }
  }

  async #expireSnippets(): Promise<void> {
    const { expireSnippets } = await this.#container.getAsync(tokens.useCases);
    // Never rejects, and is not waited for: closing the store ends what it has under way.
    void expireNowAndThen({ expireSnippets, logger: this.#options.logger, signal: this.#stopping.signal });
  }

  async #measureStore(): Promise<void> {
    const quota = await this.#container.getAsync(tokens.storeQuota);
    // Never rejects, and is not waited for, as above.
    void measureNowAndThen({ quota, logger: this.#options.logger, signal: this.#stopping.signal });
  }

  async #watchHealth(prepared: Promise<void>): Promise<void> {
    const readiness = await this.#container.getAsync(tokens.readiness);
    const grpcServer = await this.#container.getAsync(tokens.grpcServer);
    const watch = new HealthWatch({ readiness, grpcServer, logger: this.#options.logger });
    this.#beforeDrain = () => {
      watch.stop();
      readiness.drain();
      grpcServer.setServing(false);
    };
    this.#background.push(prepared.then(() => watch.look()));
  }
}

type Part = "store" | "cache" | "reads" | "admins" | "metricsServer" | "executor" | "grpcServer" | "httpServer";

/** @throws RunnerError that names the key to change. */
async function listen(key: string, server: { listen(at: HostPort): Promise<number> }, at: HostPort): Promise<HostPort> {
  try {
    const port = await server.listen(at);
    return { host: at.host, port };
  } catch (error) {
    if (!(error instanceof RunnerError)) throw error;
    throw new RunnerError(error.code, `${key}: ${error.message}`, { cause: error });
  }
}

async function closeIfAny(part: object): Promise<void> {
  if ("close" in part && typeof part.close === "function") await part.close();
}
