import type { SnippetId } from "@gorunner/core";
import type { DeletionLog } from "../snippet-cache/deletion-log.js";
import { buryAll, readPlace, writePlace } from "./redis-commands.js";
import type { RedisConnection } from "./redis-connection.js";

/**
 * Rids Redis of what was deleted while somebody could not tell it so: by the store's log of deletions, from the place
 * that Redis itself remembers, before anything is read from it.
 */
export class RedisPurge {
  readonly #connection: RedisConnection;
  readonly #log: DeletionLog;
  #isDone = false;
  /** Which purge is the one that counts; each interruption begins a new count. */
  #run = 0;
  #hasNews = false;
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

  /** Snippets were deleted, perhaps by somebody who could not reach Redis. */
  async spread(ids: SnippetId[]): Promise<void> {
    // A purge that is under way may have read the log before them.
    this.#hasNews = true;
    if (!this.#isDone) return;
    const run = this.#run;
    try {
      await this.#connection.run("purge", (redis) => buryAll(redis, ids));
    } catch {
      if (run === this.#run) this.begin();
    }
  }

  async #purge(run: number): Promise<void> {
    try {
      // The oldest place that there is: a Redis that is empty, or was used by other versions.
      let place = (await this.#connection.run("purge", readPlace)) ?? "";
      do {
        this.#hasNews = false;
        place = await this.#log.readFrom(place, async (ids) => {
          await this.#connection.run("purge", (redis) => buryAll(redis, ids));
        });
        if (run !== this.#run) return;
      } while (this.#hasNews);
      await this.#connection.run("purge", (redis) => writePlace(redis, place));
      if (run === this.#run && this.#connection.isReady) this.#isDone = true;
    } catch {
      // Redis or the store is gone, and has told the log so.
      if (run === this.#run && this.#connection.isReady) this.#retry = setTimeout(() => void this.#purge(run), retryMs).unref();
    }
  }
}

const retryMs = 250;
