import type { Deletion, DeletionCursor, SnippetId } from "@gorunner/core";
import type { DeletionLog } from "../snippet-cache/deletion-log.js";
import { buryAll, longestTtlMs, readPlace, writePlace } from "./redis-commands.js";
import type { RedisConnection } from "./redis-connection.js";

/**
 * Rids Redis of what was deleted while somebody could not tell it so: by the store's log of deletions, from the place
 * that Redis itself remembers, before anything is read from it. What was deleted longer ago than {@link oldMs} is no longer there.
 */
export class RedisPurge {
  readonly #connection: RedisConnection;
  readonly #log: DeletionLog;
  #isDone = false;
  /** Which purge is the one that counts; each interruption begins a new count. */
  #run = 0;
  #hasNews = false;
  #spreading = Promise.resolve();
  #retry: NodeJS.Timeout | undefined;

  constructor(options: { connection: RedisConnection; log: DeletionLog }) {
    this.#connection = options.connection;
    this.#log = options.log;
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
  spread(ids: SnippetId[], place: DeletionCursor): void {
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
  async #buryFrom(place: DeletionCursor): Promise<DeletionCursor> {
    let burying: Promise<unknown> = Promise.resolve();
    const bury = async (deletions: Deletion[]) => {
      await burying;
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

  async #purge(run: number): Promise<void> {
    try {
      // The oldest place that there is: a Redis that is empty, or was used by other versions.
      const written = (await this.#connection.run("purge", readPlace)) ?? "";
      let place = written;
      do {
        this.#hasNews = false;
        place = await this.#buryFrom(place);
        const known = place;
        if (known !== written) await this.#connection.run("purge", (redis) => writePlace(redis, known));
        if (run !== this.#run) return;
      } while (this.#hasNews);
      this.#isDone = this.#connection.isReady;
    } catch {
      // Redis or the store is gone, and has told the log so.
      if (run === this.#run && this.#connection.isReady) this.#retry = setTimeout(() => void this.#purge(run), retryMs).unref();
    }
  }
}

const retryMs = 250;

/**
 * What was deleted so long ago was filled no later, but for a read that was under way, and so has run out in Redis: nothing is
 * kept there for more than {@link longestTtlMs}. The rest is for clocks: the store's told when it was deleted, Redis' when it
 * runs out.
 */
const oldMs = longestTtlMs + 60 * 60 * 1000;
