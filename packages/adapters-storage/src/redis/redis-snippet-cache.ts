import { type Cache, type Logger, type Metrics, type Snippet, type SnippetId, tombstoneTtlMs } from "@gorunner/core";
import type { Redis } from "ioredis";
import type { DeletionLog } from "../snippet-cache/deletion-log.js";
import type { DeletionWatch } from "../snippet-cache/deletion-watch.js";
import { hasExpired, leftUntilExpiryMs } from "../snippet-cache/expiry.js";
import { BurialChannel } from "./burial-channel.js";
import { Patience, tooLate } from "./patience.js";
import type { RedisAddress } from "./redis-address.js";
import { RedisClock } from "./redis-clock.js";
import { discard, type FillTimes, fill, fillAbsent, longestTtlMs, longestValueBytes, read, time } from "./redis-commands.js";
import { RedisConnection } from "./redis-connection.js";
import { RedisPurge } from "./redis-purge.js";
import { SlownessBreaker } from "./slowness-breaker.js";
import { snippetToJson } from "./snippet-json.js";

export interface RedisSnippetCacheOptions {
  address: RedisAddress;
  deletions: { log: DeletionLog; watch: DeletionWatch };
  logger: Logger;
  metrics: Pick<Metrics, "snippetCacheLookedUp">;
  /** How long anything may wait for Redis, after which the connection is given up. 250 ms unless given. */
  timeoutMs?: number;
  /** How long a read may wait for Redis, in milliseconds; see {@link defaultPatienceMs}. */
  patienceMs?: number;
  /** How late a fill may come to Redis, in milliseconds; see {@link defaultFillMs}. */
  fillMs?: number;
  now: () => number;
  /** Another server has buried `id`. */
  onBuried: (id: SnippetId) => void;
  /** Other servers' burials may have been missed. */
  onBroken: () => void;
}

/** What was found, and for how much longer it may be kept. */
export interface Found {
  snippet: Snippet;
  leftMs: number;
}

/**
 * Snippets in a Redis that several servers share.
 *
 * It is read and filled only while it answers fast, and only after it has been rid of all that was deleted while this
 * server could not reach it.
 */
export class RedisSnippetCache implements Cache {
  readonly #patience: Patience;
  readonly #connection: RedisConnection;
  readonly #channel: BurialChannel;
  readonly #purge: RedisPurge;
  readonly #breaker: SlownessBreaker;
  readonly #clock: RedisClock;
  readonly #fillMs: number;
  readonly #metrics: Pick<Metrics, "snippetCacheLookedUp">;

  constructor(options: RedisSnippetCacheOptions) {
    const { address, logger, now } = options;
    const timeoutMs = options.timeoutMs ?? 250;
    this.#metrics = options.metrics;
    this.#connection = new RedisConnection({
      address,
      logger,
      timeoutMs,
      onReady: () => {
        this.#clock.forget();
        this.#purge.begin();
      },
      onLost: () => this.#purge.stop(),
    });
    this.#purge = new RedisPurge({ connection: this.#connection, ...options.deletions });
    this.#clock = new RedisClock(now);
    this.#fillMs = options.fillMs ?? defaultFillMs;
    this.#patience = new Patience(options.patienceMs ?? defaultPatienceMs);
    this.#breaker = new SlownessBreaker({ probe: () => this.#answersInTime(), logger, now });
    const { onBuried, onBroken } = options;
    this.#channel = new BurialChannel({ address, connection: this.#connection, logger, timeoutMs, now, onBuried, onBroken });
  }

  /** See {@link BurialChannel.listening}. */
  get listening(): number | undefined {
    return this.#channel.listening;
  }

  async get(id: SnippetId): Promise<Snippet | "absent" | undefined> {
    const found = await this.find(id);
    return found === undefined || found === "absent" ? found : found.snippet;
  }

  /** As {@link get}, and tells how long what it finds may be kept. */
  async find(id: SnippetId): Promise<Found | "absent" | undefined> {
    const found = await this.#find(id);
    const result = found === "error" || found === "absent" ? found : found === undefined ? "miss" : "hit";
    this.#metrics.snippetCacheLookedUp({ layer: "redis", result });
    return found === "error" ? undefined : found;
  }

  async fill(snippet: Snippet, ttlMs: number): Promise<void> {
    const json = snippetToJson(snippet);
    if (Buffer.byteLength(json) > longestValueBytes) return;
    await this.#keep(Math.min(ttlMs, leftUntilExpiryMs(snippet)), (redis, times) => fill(redis, snippet.id, json, times));
  }

  async fillAbsent(id: SnippetId, ttlMs: number): Promise<void> {
    await this.#keep(ttlMs, (redis, times) => fillAbsent(redis, id, times));
  }

  /** Where Redis can't be told, it is not read any more until the log of deletions has told it. */
  async bury(id: SnippetId): Promise<void> {
    if (!this.#connection.isReady) return;
    if ((await settled(this.#channel.bury(id))) === failed) this.#purge.begin();
  }

  /** @throws RunnerError UNAVAILABLE, with the reason, when Redis can't be reached. */
  check(): Promise<void> {
    return this.#connection.check();
  }

  async close(): Promise<void> {
    this.#purge.stop();
    this.#breaker.close();
    await this.#channel.close();
    this.#connection.close();
  }

  get #isOpen(): boolean {
    return this.#purge.isDone && !this.#breaker.isOpen;
  }

  /** @param command fills, and answers the time at Redis. */
  async #keep(ttlMs: number, command: (redis: Redis, times: FillTimes) => Promise<number>): Promise<void> {
    const wholeTtlMs = wholeMs(ttlMs);
    if (wholeTtlMs < 1 || !this.#isOpen) return;
    if (this.#clock.nowMs === undefined) await this.#hearTime(time);
    const { nowMs } = this.#clock;
    if (nowMs === undefined || !this.#isOpen) return;
    await this.#hearTime((redis) => command(redis, { ttlMs: wholeTtlMs, untilMs: Math.floor(nowMs + this.#fillMs) }));
  }

  async #hearTime(command: (redis: Redis) => Promise<number>): Promise<void> {
    const redisMs = await settled(this.#connection.run("fill", command));
    if (redisMs !== failed) this.#clock.hear(redisMs);
  }

  async #find(id: SnippetId): Promise<Found | "absent" | "error" | undefined> {
    if (!this.#isOpen) return "error";
    const answer = await this.#patience.await(this.#ask(id));
    if (answer === failed) return "error";
    this.#breaker.sample(answer === tooLate ? "late" : "in time");
    if (answer === tooLate) return "error";
    if (answer === "unreadable") this.#discard(id);
    if (answer === "nothing" || answer === "unreadable") return undefined;
    const { found, leftMs } = answer;
    if (found === "absent") return found;
    return hasExpired(found) ? undefined : { snippet: found, leftMs };
  }

  /** Not waited for; where it fails, the next reader finds the value again, and tries it again. */
  #discard(id: SnippetId): void {
    void settled(this.#connection.run("discard", (redis) => discard(redis, id)));
  }

  /** Goes on to its end also when nobody waits for it any more: a connection on which nothing comes is given up then. */
  async #ask(id: SnippetId) {
    const answer = await settled(this.#connection.run("get", (redis) => read(redis, id)));
    // Unless Redis has answered, that it refuses.
    if (answer === failed && !this.#connection.isReady) this.#breaker.trip();
    return answer;
  }

  async #answersInTime(): Promise<boolean> {
    const answer = await this.#patience.await(settled(this.#connection.run("ping", (redis) => redis.ping())));
    return answer !== failed && answer !== tooLate;
  }
}

/**
 * A read that Redis can't help in so many milliseconds goes on to the store, which takes about a millisecond itself: what
 * waits longer has lost more than it can win. A Redis nearby answers in less than one.
 */
const defaultPatienceMs = 5;

/**
 * A fill that something on the way has held back for longer is refused by Redis. A tombstone stands for twice as long: there is
 * as much left for the read that went before, and for clocks that do not run alike.
 */
const defaultFillMs = tombstoneTtlMs / 2;

const wholeMs = (ttlMs: number) => Math.floor(Math.min(ttlMs, longestTtlMs)) || 0;

const failed = Symbol("failed");

/** A cache that fails is an empty one; the connection has told the log what there is to tell. */
async function settled<Value>(command: Promise<Value>): Promise<Value | typeof failed> {
  try {
    return await command;
  } catch {
    return failed;
  }
}
