import { type Logger, unavailable } from "@gorunner/core";
import { Redis } from "ioredis";
import { Availability } from "../availability.js";
import { bareError, codeOf } from "../failure.js";
import type { RedisAddress } from "./redis-address.js";

/**
 * A connection to Redis that answers soon or not at all: a command waits for at most `timeoutMs`, and for nothing while
 * there is no connection. Connecting again goes on in the background for ever.
 *
 * The log hears once when Redis goes and once when it is back.
 */
export class RedisConnection {
  readonly #client: Redis;
  readonly #availability: Availability;
  readonly #refusals: Record<CommandName, Availability>;
  #isClosed = false;

  constructor(options: { address: RedisAddress; logger: Logger; timeoutMs: number; onReady: () => void }) {
    const { address, logger, timeoutMs } = options;
    this.#availability = new Availability("Redis", logger);
    this.#refusals = { get: refusal("get", logger), set: refusal("set", logger), del: refusal("del", logger) };
    this.#client = new Redis({
      host: address.host,
      port: address.port,
      family: 0,
      db: address.db,
      ...(address.username === undefined ? {} : { username: address.username }),
      ...(address.password === undefined ? {} : { password: address.password }),
      ...(address.tls ? { tls: { servername: address.host } } : {}),
      // The older protocol works with every server, and asks for the password before anything else.
      protocol: 2,
      disableClientInfo: true,
      connectTimeout: connectTimeoutMs,
      commandTimeout: timeoutMs,
      disconnectTimeout: timeoutMs,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      retryStrategy: (attempt) => Math.min(50 * 2 ** attempt, longestRetryMs) * (0.75 + Math.random() / 4),
      // A server that became a replica is not the one we want.
      reconnectOnError: (failure) => failure.message.startsWith("READONLY"),
    });
    this.#client.on("error", (failure: Error) => this.#lost(reasonOf(failure)));
    // Where an error came before it, that one says more.
    this.#client.on("close", () => this.#lost(this.#availability.reason ?? "the connection broke"));
    this.#client.on("ready", () => {
      this.#availability.back();
      options.onReady();
    });
  }

  get isReady(): boolean {
    return this.#client.status === "ready";
  }

  /** @throws whatever the driver does; it was told to the log where that is due. */
  get(key: string): Promise<string | null> {
    return this.#run("get", () => this.#client.get(key));
  }

  set(key: string, value: string, ttlMs: number): Promise<unknown> {
    return this.#run("set", () => this.#client.set(key, value, "PX", ttlMs));
  }

  delete(keys: string[]): Promise<unknown> {
    return this.#run("del", () => this.#client.del(keys));
  }

  /** @throws RunnerError UNAVAILABLE, with the reason, unless Redis answers in a few seconds. */
  async check(): Promise<void> {
    const deadline = performance.now() + connectTimeoutMs;
    while (!this.isReady && this.#availability.reason === undefined && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    try {
      await this.#client.ping();
    } catch (failure) {
      throw unavailable(`Redis is unavailable (${this.#availability.reason ?? reasonOf(failure)})`, bareError(failure));
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#client.disconnect();
  }

  async #run<Result>(name: CommandName, command: () => Promise<Result>): Promise<Result> {
    try {
      const result = await command();
      this.#refusals[name].back();
      return result;
    } catch (failure) {
      if (isTimeout(failure)) this.#startOver();
      else if (isRefusal(failure)) this.#refusals[name].lost(reasonOf(failure));
      throw failure;
    }
  }

  /** A server that did not answer in time gets no more commands until it has greeted us again. */
  #startOver(): void {
    this.#lost("no answer in time");
    if (this.isReady) this.#client.disconnect(true);
  }

  #lost(reason: string): void {
    if (!this.#isClosed) this.#availability.lost(reason);
  }
}

type CommandName = "get" | "set" | "del";

const connectTimeoutMs = 2000;
const longestRetryMs = 2000;

const refusal = (name: CommandName, logger: Logger) => new Availability(`Redis' command ${name}`, logger);

const isTimeout = (failure: unknown) => failure instanceof Error && failure.message === "Command timed out";

/** Redis' own answer to a command: `OOM command not allowed …`, `NOPERM …`. */
const isRefusal = (failure: unknown) => failure instanceof Error && failure.name === "ReplyError";

/** In a few words that hold no address, password or value. */
function reasonOf(failure: unknown): string {
  if (isTimeout(failure)) return "no answer in time";
  const code = codeOf(failure);
  if (code !== undefined) return code;
  const message = failure instanceof Error ? failure.message : "";
  return /^[A-Z]{2,}(?= )/.exec(message)?.[0] ?? "the connection failed";
}
