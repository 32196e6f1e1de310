import { type Logger, unavailable } from "@gorunner/core";
import { Redis } from "ioredis";
import { Availability } from "../availability.js";
import { bareError, codeOf } from "../failure.js";
import type { RedisAddress } from "./redis-address.js";
import { probeWrite } from "./redis-commands.js";
import { connectTimeoutMs, redisOptions } from "./redis-options.js";
import { WriteProbes } from "./write-probes.js";

/**
 * A connection to Redis that answers soon or not at all: a command waits for at most `timeoutMs`, and for nothing while
 * there is no connection. Connecting again goes on in the background for ever.
 *
 * A Redis that takes no writes (a replica, one that can't save) can't be told of deletions, so it is not used until it has
 * taken one: that is tried in the background, more and more seldom.
 *
 * The log hears once when Redis goes and once when it is back.
 */
export class RedisConnection {
  readonly #client: Redis;
  readonly #availability: Availability;
  readonly #refusals = new Map<string, Availability>();
  readonly #logger: Logger;
  readonly #onReady: () => void;
  readonly #onLost: () => void;
  readonly #probes: WriteProbes;
  #isClosed = false;
  /** Given up: the driver has not yet noticed, or has a connection that we can't use. */
  #isGivenUp = false;

  /** `onReady` and `onLost` are called for each connection, before any command can be sent on it and after the last. */
  constructor(options: { address: RedisAddress; logger: Logger; timeoutMs: number; onReady: () => void; onLost: () => void }) {
    this.#logger = options.logger;
    this.#onReady = options.onReady;
    this.#onLost = options.onLost;
    this.#probes = new WriteProbes(() => this.#probe());
    this.#availability = new Availability("Redis", options.logger);
    this.#client = new Redis(redisOptions(options.address, options));
    this.#client.on("error", (failure: Error) => {
      // The driver would go on in database 0, which nobody gave us.
      if (isNoDatabase(failure)) this.#isGivenUp = true;
      this.#lost(reasonOf(failure));
    });
    this.#client.on("close", () => {
      this.#isGivenUp = false;
      this.#onLost();
      // Where an error came before it, that one says more.
      this.#lost(this.#availability.reason ?? "the connection broke");
    });
    this.#client.on("ready", () => {
      if (!this.#isGivenUp && !this.#probes.areDue) this.#back();
    });
  }

  get isReady(): boolean {
    return this.#client.status === "ready" && !this.#isGivenUp && !this.#probes.areDue;
  }

  /**
   * Sends a command, called `name` in the log.
   * @throws whatever the driver does; it was told to the log where that is due.
   */
  async run<Result>(name: string, command: (client: Redis) => Promise<Result>): Promise<Result> {
    if (this.#isGivenUp || this.#probes.areDue) throw new Error("Redis can't be used");
    try {
      const result = await command(this.#client);
      this.#refusals.get(name)?.back();
      return result;
    } catch (failure) {
      if (isTimeout(failure)) this.#startOver();
      else if (takesNoWrites(failure)) this.#stopUsing(failure);
      else if (isRefusal(failure)) this.#refused(name, failure);
      throw failure;
    }
  }

  /** @throws RunnerError UNAVAILABLE, with the reason, unless Redis answers in a few seconds. */
  async check(): Promise<void> {
    const deadline = performance.now() + connectTimeoutMs;
    while (!this.isReady && this.#availability.reason === undefined && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    try {
      await this.run("ping", (client) => client.ping());
    } catch (failure) {
      throw unavailable(`Redis is unavailable (${this.#availability.reason ?? reasonOf(failure)})`, bareError(failure));
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#probes.end();
    this.#client.disconnect();
  }

  /** A server that did not answer in time gets no more commands until it has greeted us again. */
  #startOver(): void {
    this.#lost("no answer in time");
    if (!this.isReady) return;
    this.#isGivenUp = true;
    this.#onLost();
    this.#client.disconnect(true);
  }

  #stopUsing(failure: unknown): void {
    if (this.#isClosed || this.#probes.areDue) return;
    this.#lost(`it takes no writes (${reasonOf(failure)})`);
    this.#probes.begin();
    this.#onLost();
  }

  /** Writes what nobody reads. @returns whether Redis takes writes again, or another failure is what counts now. */
  async #probe(): Promise<boolean> {
    if (this.#client.status !== "ready") return false;
    try {
      await probeWrite(this.#client);
    } catch (failure) {
      if (isTimeout(failure)) this.#client.disconnect(true);
      // Its name may lead to another server by now: the one that this one is a replica of.
      if (takesNoWrites(failure)) this.#client.disconnect(true);
      // One that has no room for it takes writes that need none.
      if (!isRefusal(failure) || takesNoWrites(failure)) return false;
    }
    this.#probes.end();
    this.#back();
    return true;
  }

  #back(): void {
    this.#availability.back();
    this.#onReady();
  }

  #refused(name: string, failure: unknown): void {
    const refusal = this.#refusals.get(name) ?? new Availability(`Redis' command ${name}`, this.#logger);
    this.#refusals.set(name, refusal);
    refusal.lost(reasonOf(failure));
  }

  #lost(reason: string): void {
    if (!this.#isClosed) this.#availability.lost(reason);
  }
}

const isTimeout = (failure: unknown) => failure instanceof Error && failure.message === "Command timed out";

/** Redis' own answer to a command: `OOM command not allowed …`, `NOPERM …`. */
const isRefusal = (failure: unknown) => failure instanceof Error && failure.name === "ReplyError";

/** A replica; a master that can't save to its disk, or has too few replicas. */
const takesNoWrites = (failure: unknown) => isRefusal(failure) && /\b(READONLY|MISCONF|NOREPLICAS)\b/.test(String(failure));

const isNoDatabase = (failure: unknown) => isRefusal(failure) && /DB index is out of range/.test(String(failure));

/** In a few words that hold no address, password or value. */
function reasonOf(failure: unknown): string {
  if (isTimeout(failure)) return "no answer in time";
  if (isNoDatabase(failure)) return "no such database";
  const code = codeOf(failure);
  if (code !== undefined) return code;
  const message = failure instanceof Error ? failure.message : "";
  // A script's error may have its own words before it.
  return /\b(READONLY|MISCONF|NOREPLICAS)\b/.exec(message)?.[0] ?? /^[A-Z]{2,}(?= )/.exec(message)?.[0] ?? "the connection failed";
}
