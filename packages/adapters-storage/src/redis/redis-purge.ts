import type { Deletion, DeletionCursor, SnippetId } from "@gorunner/core";
import { type DeletionLog, isNoPlace } from "../snippet-cache/deletion-log.js";
import type { DeletionWatch } from "../snippet-cache/deletion-watch.js";
import { buryAll, longestTtlMs, readPlace, writePlace } from "./redis-commands.js";
import type { RedisConnection } from "./redis-connection.js";

/**
 * Rids Redis of what was deleted while somebody could not tell it so: by the store's log of deletions, from the place
 * that Redis itself remembers, before anything is read from it. What was deleted longer ago than {@link oldMs} is no longer there.
 *
 * **A place is only ever written by who has buried all that lies before it**, or what was left out would never be buried:
 * the purge goes from Redis' own place to the end of the log; the watch has taken its own place before that, and what it
 * hears from there on is buried in order.
 */
export class RedisPurge {
  readonly #connection: RedisConnection;
  readonly #log: DeletionLog;
  readonly #watch: DeletionWatch;
  #isDone = false;
  /** Which purge is the one that counts; each interruption begins a new count. */
  #run = 0;
  #hasNews = false;
  #spreading = Promise.resolve();
  #retry: NodeJS.Timeout | undefined;

  constructor(options: { connection: RedisConnection; log: DeletionLog; watch: DeletionWatch }) {
    this.#connection = options.connection;
    this.#log = options.log;
    this.#watch = options.watch;
    options.watch.onDeleted((ids, place) => this.#hear(ids, place));
  }

  /** Whether Redis may be read. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** Redis may hold what was deleted, and is not read any more; with a connection, purging begins. */
  begin(): void {
    this.stop();
    if (this.#connection.isReady) void this.#purge(this.#run);
  }

  stop(): void {
    this.#isDone = false;
    this.#run++;
    clearTimeout(this.#retry);
  }

  /** Snippets were deleted, perhaps by somebody who could not reach Redis; `place` is behind them in the log. */
  #hear(ids: SnippetId[], place: DeletionCursor): void {
    // A purge that is under way may have read the log before them.
    this.#hasNews = true;
    // One after another, or a place could be written while something before it failed.
    this.#spreading = this.#spreading.then(() => this.#spread(ids, place));
  }

  async #spread(ids: SnippetId[], place: DeletionCursor): Promise<void> {
    if (!this.#isDone) return;
    const run = this.#run;
    try {
      await this.#connection.run("purge", (redis) => buryAll(redis, ids));
      if (run === this.#run) await this.#connection.run("purge", (redis) => writePlace(redis, place));
    } catch {
      if (run === this.#run) this.begin();
    }
  }

  /** While Redis buries a part, the next is read. */
  async #buryFrom(place: DeletionCursor, run: number): Promise<DeletionCursor> {
    let burying: Promise<unknown> = Promise.resolve();
    const bury = async (deletions: Deletion[]) => {
      await burying;
      this.#checkCounts(run);
      burying = this.#connection.run("purge", (redis) =>
        buryAll(
          redis,
          deletions.map(({ id }) => id),
        ),
      );
      // Its failure is met by who waits for it next, or by nobody where reading fails first, which ends the purge as well.
      burying.catch(() => {});
    };
    const end = await this.#log.readFrom(place, bury, { youngerThanMs: oldMs });
    await burying;
    return end;
  }

  /** From the beginning, where `place` is none of this store's: garbage, or of the store that stood there before. */
  async #buryFromKnown(place: DeletionCursor, run: number): Promise<DeletionCursor> {
    try {
      return await this.#buryFrom(place, run);
    } catch (failure) {
      if (!isNoPlace(failure) || place === "") throw failure;
      return this.#buryFrom("", run);
    }
  }

  async #purge(run: number): Promise<void> {
    try {
      // Between the end of the purge and the beginning of the watch nothing may lie.
      await this.#watch.begin();
      this.#checkCounts(run);
      const written = await this.#connection.run("purge", readPlace);
      // The oldest place that there is: for a Redis that is empty, or has what none of us wrote there.
      let place = written ?? "";
      do {
        this.#hasNews = false;
        place = await this.#buryFromKnown(place, run);
        this.#checkCounts(run);
        const known = place;
        if (known !== written) await this.#connection.run("purge", (redis) => writePlace(redis, known));
        this.#checkCounts(run);
      } while (this.#hasNews);
      this.#isDone = this.#connection.isReady;
    } catch {
      // Redis or the store is gone, and has told the log so; or another purge has begun.
      if (run === this.#run && this.#connection.isReady) this.#retry = setTimeout(() => void this.#purge(run), retryMs).unref();
    }
  }

  /** What one purge has buried was in the Redis of that time: one that has come back since may have less, and its own place. */
  #checkCounts(run: number): void {
    if (run !== this.#run) throw new Error("another purge has begun");
  }
}

const retryMs = 250;

/**
 * What was deleted so long ago was filled no later, but for a read that was under way, and so has run out in Redis: nothing is
 * kept there for more than {@link longestTtlMs}. The rest is for clocks: the store's told when it was deleted, Redis' when it
 * runs out.
 */
const oldMs = longestTtlMs + 60 * 60 * 1000;
