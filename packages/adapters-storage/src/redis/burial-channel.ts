import { randomUUID } from "node:crypto";
import type { Logger, SnippetId } from "@gorunner/core";
import { Redis } from "ioredis";
import { Availability } from "../availability.js";
import type { RedisAddress } from "./redis-address.js";
import { buryAndTell, countMeIn, countMeOut } from "./redis-commands.js";
import type { RedisConnection } from "./redis-connection.js";
import { redisOptions } from "./redis-options.js";

export interface BurialChannelOptions {
  address: RedisAddress;
  connection: RedisConnection;
  logger: Logger;
  timeoutMs: number;
  now: () => number;
  /** Another server has buried `id`. */
  onBuried: (id: SnippetId) => void;
  /** From now on burials may be missed. */
  onBroken: () => void;
}

/**
 * How servers tell each other through Redis what they bury, so that each may keep snippets in its own memory.
 *
 * **A server that answers from memory holds a lease.** It sends itself a message through Redis, over the same channel as
 * burials come; what comes back proves that everything published before has been heard. For {@link leaseMs} from sending it
 * the server may answer from memory. The message is published in one step with entering the server among the listeners,
 * until a time no earlier than its lease's end.
 *
 * **A server that buries waits** until every listener has answered that it has forgotten the snippet, or for as long as a
 * lease lasts. After that nobody answers the snippet from memory, whichever messages were lost or late.
 */
export class BurialChannel {
  readonly #options: BurialChannelOptions;
  readonly #subscriber: Redis;
  readonly #availability: Availability;
  readonly #me = randomUUID();
  readonly #burials: string;
  #isSubscribed = false;
  #isClosed = false;
  /** Grows with each interruption. */
  #epoch = 0;
  #leaseEndMs = Number.NEGATIVE_INFINITY;
  #lastBeatMs = Number.NEGATIVE_INFINITY;
  /** When the oldest message to myself was sent that has not come back. */
  #unheardSinceMs: number | undefined;
  #number = 0;
  readonly #waiting = new Map<string, { heard: Set<string>; check: () => void }>();

  constructor(options: BurialChannelOptions) {
    this.#options = options;
    this.#availability = new Availability("Redis' channel of burials", options.logger);
    // Channels are the server's, whichever database a connection has selected.
    this.#burials = `gorunner:burials:${options.address.db}`;
    this.#subscriber = new Redis(redisOptions(options.address, options));
    // Of a Redis that is gone the other connection tells.
    this.#subscriber.on("error", () => {});
    this.#subscriber.on("close", () => this.#broken());
    this.#subscriber.on("ready", () => void this.#subscribe());
    this.#subscriber.on("message", (channel: string, message: string) => this.#hear(channel, message));
  }

  /**
   * A number where no burial can have been missed, the same one as long as none can have been missed in between; undefined
   * where one may have been. Keeps the lease alive as long as somebody asks.
   */
  get listening(): number | undefined {
    const now = this.#options.now();
    if (now - this.#lastBeatMs >= beatEveryMs) void this.#beat(now);
    return now < this.#leaseEndMs ? this.#epoch : undefined;
  }

  /** Buries `id` in Redis and in the memory of all who listen. @throws whatever the driver does. */
  async bury(id: SnippetId): Promise<void> {
    const token = `${++this.#number}`;
    const heard = new Set<string>();
    let check = () => {};
    this.#waiting.set(token, { heard, check: () => check() });
    try {
      const told = { channel: this.#burials, message: `${id} ${this.#me} ${token}` };
      const { hearing, listeners } = await this.#options.connection.run("bury", (redis) => buryAndTell(redis, id, told));
      const isDone = () => heard.size >= hearing && listeners.every((listener) => listener === this.#me || heard.has(listener));
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leaseMs);
        check = () => {
          if (!isDone()) return;
          clearTimeout(timer);
          resolve();
        };
        check();
      });
    } finally {
      this.#waiting.delete(token);
    }
  }

  /** Nothing is answered from memory any more, and nobody has to wait for that. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#broken();
    this.#subscriber.disconnect();
    const { connection } = this.#options;
    // Where that fails, others wait until the lease is over.
    if (connection.isReady) await connection.run("listen", (redis) => countMeOut(redis, this.#me)).catch(() => {});
  }

  async #subscribe(): Promise<void> {
    try {
      await this.#subscriber.subscribe(this.#burials, this.#mine(this.#me));
      this.#isSubscribed = true;
      await this.#beat(this.#options.now());
    } catch {
      this.#subscriber.disconnect(true);
    }
  }

  #broken(): void {
    this.#isSubscribed = false;
    this.#leaseEndMs = Number.NEGATIVE_INFINITY;
    this.#epoch++;
    this.#options.onBroken();
  }

  async #beat(now: number): Promise<void> {
    this.#lastBeatMs = now;
    if (this.#isClosed || !this.#options.connection.isReady) return;
    if (this.#unheardSinceMs !== undefined && now - this.#unheardSinceMs > deafMs) this.#deaf();
    this.#unheardSinceMs ??= now;
    if (!this.#isSubscribed) return;
    const told = { channel: this.#mine(this.#me), message: `${this.#epoch} ${now}` };
    try {
      await this.#options.connection.run("listen", (redis) => countMeIn(redis, this.#me, leaseMs, told));
    } catch {
      // Told to the log by the connection. Without a lease nothing is answered from memory.
      this.#unheardSinceMs = undefined;
    }
  }

  /** Redis takes commands, but what is published does not arrive here. */
  #deaf(): void {
    this.#availability.lost("nothing that is published arrives");
    this.#unheardSinceMs = undefined;
    if (this.#isSubscribed) this.#subscriber.disconnect(true);
  }

  /** Anybody who can publish may send anything. */
  #hear(channel: string, message: string): void {
    if (message.length > longestMessage) return;
    const [first = "", second = "", token = ""] = message.split(" ");
    if (channel === this.#burials) this.#hearBurial(first, second, token);
    else if (first === "forgotten") this.#hearForgotten(second, token);
    else if (Number(first) === this.#epoch) this.#hearMyself(Number(second));
  }

  #hearBurial(id: string, from: string, token: string): void {
    if (!/^\d{1,19}$/.test(id)) return;
    if (from === this.#me) {
      this.#hearForgotten(this.#me, token);
      return;
    }
    this.#options.onBuried(BigInt(id));
    const { connection } = this.#options;
    // Where the answer is lost, they wait for our lease to end.
    connection.run("publish", (redis) => redis.publish(this.#mine(from), `forgotten ${this.#me} ${token}`)).catch(() => {});
  }

  #hearForgotten(by: string, token: string): void {
    const burial = this.#waiting.get(token);
    burial?.heard.add(by);
    burial?.check();
  }

  #hearMyself(sentMs: number): void {
    if (!(sentMs <= this.#options.now())) return;
    this.#leaseEndMs = Math.max(this.#leaseEndMs, sentMs + leaseMs);
    this.#unheardSinceMs = undefined;
    this.#availability.back();
  }

  #mine(server: string): string {
    return `gorunner:server:${server}`;
  }
}

/** The most that a burial waits for a server that has died, lost its connection, or is stopped. */
const leaseMs = 1000;
const beatEveryMs = 250;
/** An id, a server's name and a number, with room. */
const longestMessage = 200;
/** Longer than connecting again takes. */
const deafMs = 3000;
