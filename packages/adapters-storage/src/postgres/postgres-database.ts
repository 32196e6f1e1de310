import { Socket } from "node:net";
import type { Logger } from "@gorunner/core";
import pRetry from "p-retry";
import pg from "pg";
import { Availability } from "../availability.js";
import type { PostgresLocation } from "../location/store-location.js";
import { within } from "./deadline.js";
import { fromPostgres, reasonOf } from "./postgres-errors.js";
import { sessionSettings } from "./postgres-session.js";
import { PostgresTls } from "./postgres-tls.js";
import { mayBeRepeated } from "./repetition.js";

export interface PostgresDatabaseOptions {
  /** The most connections at a time. */
  poolSize: number;
  /** The longest that a query may take, waiting for a connection and repetitions included. */
  timeoutMs: number;
  logger: Logger;
}

/** A named statement, prepared once on each connection. */
export interface Statement {
  name: string;
  text: string;
  values: readonly (string | bigint | number | undefined)[];
  /** Whether executing it twice, of which the second time counts, is as good as once. */
  isRepeatable: boolean;
}

export type PostgresRow = Record<string, unknown>;

/**
 * A pool of connections to one PostgreSQL database, made as they are needed: nothing connects before the first query.
 *
 * A connection on which anything failed is thrown away; the next query makes a new one. So the pool recovers from a
 * restarted server by itself.
 */
export class PostgresDatabase {
  readonly #pool: pg.Pool;
  readonly #tls: PostgresTls;
  readonly #settings: pg.ClientConfig;
  readonly #timeoutMs: number;
  readonly #availability: Availability;
  readonly #sockets = new Set<Socket>();

  /** @throws RunnerError INVALID_ARGUMENT when a certificate file of the location can't be read. */
  constructor(location: PostgresLocation, options: PostgresDatabaseOptions) {
    // A little less, so that the answer is back when the time is up.
    this.#timeoutMs = Math.ceil(options.timeoutMs * 0.95);
    this.#availability = new Availability("PostgreSQL", options.logger);
    this.#tls = new PostgresTls(location);
    this.#settings = { ...sessionSettings(location), connectionTimeoutMillis: this.#timeoutMs, stream: () => this.#newSocket() };
    this.#pool = new pg.Pool({
      ...this.#settings,
      ssl: this.#tls.ssl,
      max: options.poolSize,
      // The server gives up too: a query that nobody waits for holds no lock.
      statement_timeout: this.#timeoutMs,
      // Sooner, so that who asks is told what it was.
      lock_timeout: Math.ceil(this.#timeoutMs * 0.8),
    });
    this.#pool.on("error", (failure) => this.#availability.lost(reasonOf(failure)));
    // Breaking in mid-query it emits an error beside the query's own rejection, and without a listener that ends the process.
    this.#pool.on("connect", (client) => client.on("error", () => {}));
  }

  /** When a call that begins now must have ended, of `performance.now()`: for calls that are several statements. */
  deadline(): number {
    return performance.now() + this.#timeoutMs;
  }

  /**
   * Executes the statement, and repeats it where {@link mayBeRepeated} says that this is safe and worth it.
   * @throws RunnerError UNAVAILABLE when `deadline` comes, if not before; INTERNAL for a statement that is wrong.
   */
  async query(statement: Statement, deadline = this.deadline()): Promise<PostgresRow[]> {
    let isSent = false;
    const attempt = async () => {
      isSent = false;
      const client = await this.#checkOut(deadline);
      isSent = true;
      return this.#ask(client, statement, deadline);
    };
    try {
      const rows = await pRetry(attempt, {
        ...repetition,
        shouldRetry: ({ error }) =>
          performance.now() + longestPauseMs < deadline && mayBeRepeated(error, { isSent, isRepeatable: statement.isRepeatable }),
      });
      this.#availability.back();
      return rows;
    } catch (failure) {
      const error = fromPostgres(failure);
      if (error.code === "UNAVAILABLE") this.#availability.lost(reasonOf(failure));
      throw error;
    }
  }

  /**
   * Hands `work` a connection of its own that has no time limit, inside a transaction. Aborting `signal` breaks the
   * connection, whatever it waits for; nothing is committed then.
   * @throws RunnerError as {@link query}, or what `work` throws of them.
   */
  async transaction<Result>(work: (client: pg.Client) => Promise<Result>, { signal }: { signal?: AbortSignal } = {}): Promise<Result> {
    const sockets: Socket[] = [];
    const breakOff = () => {
      for (const socket of sockets) socket.destroy();
    };
    signal?.addEventListener("abort", breakOff);
    let client: pg.Client | undefined;
    try {
      client = await this.#connect(sockets);
      signal?.throwIfAborted();
      await client.query("begin");
      const result = await work(client);
      await client.query("commit");
      return result;
    } catch (failure) {
      throw fromPostgres(failure);
    } finally {
      signal?.removeEventListener("abort", breakOff);
      // Ending the connection rolls back what was not committed.
      await client?.end();
    }
  }

  /** Ends all connections, those in use as well when they are not given back soon. */
  async close(): Promise<void> {
    if (this.#pool.ending) return;
    const ended = this.#pool.end();
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, closeGraceMs).unref())]);
    for (const socket of this.#sockets) socket.destroy();
    await ended;
  }

  async #ask(client: pg.PoolClient, statement: Statement, deadline: number): Promise<PostgresRow[]> {
    let failure: Error | undefined;
    try {
      const values = statement.values.map((value) => (value === undefined ? null : String(value)));
      const query: pg.QueryConfig = { name: statement.name, text: statement.text, values };
      return (await client.query<PostgresRow>({ ...query, ...{ query_timeout: Math.max(1, Math.ceil(deadline - performance.now())) } }))
        .rows;
    } catch (thrown) {
      failure = thrown instanceof Error ? thrown : new Error("a query failed");
      throw failure;
    } finally {
      client.release(failure);
    }
  }

  async #checkOut(deadline: number): Promise<pg.PoolClient> {
    const connect = () => within(deadline, this.#pool.connect(), (late) => late.release());
    const attempted = this.#tls.ssl;
    try {
      return await connect();
    } catch (failure) {
      if (!this.#tls.hasAnotherWay(attempted, failure)) throw failure;
      this.#pool.options.ssl = this.#tls.ssl;
      return connect();
    }
  }

  /** @param sockets where those go that it uses. */
  async #connect(sockets: Socket[]): Promise<pg.Client> {
    const attempted = this.#tls.ssl;
    try {
      return await this.#connectWith(attempted, sockets);
    } catch (failure) {
      if (!this.#tls.hasAnotherWay(attempted, failure)) throw failure;
      this.#pool.options.ssl = this.#tls.ssl;
      return this.#connectWith(this.#tls.ssl, sockets);
    }
  }

  async #connectWith(ssl: PostgresTls["ssl"], sockets: Socket[]): Promise<pg.Client> {
    const stream = () => {
      const socket = this.#newSocket();
      sockets.push(socket);
      return socket;
    };
    const client = new pg.Client({ ...this.#settings, ssl, stream });
    client.on("error", (failure) => this.#availability.lost(reasonOf(failure)));
    await client.connect();
    return client;
  }

  /** Sockets are ours, so that closing does not depend on a server that no longer answers. */
  #newSocket(): Socket {
    const socket = new Socket();
    this.#sockets.add(socket);
    return socket.once("close", () => this.#sockets.delete(socket));
  }
}

const closeGraceMs = 500;

/** Three attempts within a third of a second: a failover that takes longer is told to the caller. */
const longestPauseMs = 200;
const repetition = { retries: 2, minTimeout: 50, maxTimeout: longestPauseMs, randomize: true };
