import { createServer, type RequestListener, type ServerOptions, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { RunnerError } from "@gorunner/core";

export interface Address {
  /** A host name or address; empty: every interface, IPv4 and IPv6. */
  host: string;
  /** 0: any free one. */
  port: number;
}

/** How many requests a connection may send ahead of their answers. */
const maxWaiting = 100;

/** What a connection is doing. */
interface Connection {
  /** The answers that it still waits for. */
  answers: Set<ServerResponse>;
  /** What it has asked for behind the one that is being served. */
  waiting: (() => void)[];
}

/**
 * A listening HTTP server that can be closed without harming the requests it has accepted.
 *
 * Requests of one connection are served one after another, each when the answer before it has been taken: else a client
 * that sends many at once, and takes nothing, would have all its answers made and kept here.
 *
 * Node's own `closeIdleConnections` leaves out connections that never sent a request, and closes no connection that
 * becomes idle later, so this class keeps count of what each connection is doing.
 */
export class Listener {
  readonly #server;
  readonly #sendTimeoutMs: number;
  readonly #connections = new Map<Socket, Connection>();
  #closed: Promise<void> | undefined;

  /** @param options.sendTimeoutMs how long a client may take to take an answer; then its connection is cut. Default a minute. */
  constructor({ sendTimeoutMs = 60_000, ...options }: ServerOptions & { sendTimeoutMs?: number }, handle: RequestListener) {
    this.#sendTimeoutMs = sendTimeoutMs;
    this.#server = createServer(options);
    this.#server.on("connection", (socket) => this.#connectionOpened(socket));
    this.#server.on("request", (request, response) => {
      this.#requestArrived(request.socket, response, () => handle(request, response));
    });
  }

  /**
   * @returns the real port.
   * @throws RunnerError UNAVAILABLE when the address can't be listened on.
   */
  listen({ host, port }: Address): Promise<number> {
    return new Promise((resolve, reject) => {
      const failed = (failure: NodeJS.ErrnoException) => reject(listenFailure({ host, port }, failure));
      this.#server.once("error", failed);
      this.#server.listen({ port, ...(host === "" ? {} : { host }) }, () => {
        this.#server.off("error", failed);
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  /** Accepts no more, lets requests end for at most `graceMs`, then cuts their connections. Safe to call twice. */
  close({ graceMs }: { graceMs: number }): Promise<void> {
    this.#closed ??= this.#close(graceMs);
    return this.#closed;
  }

  async #close(graceMs: number): Promise<void> {
    // Without a listener the callback gets an error, and there is nothing to close.
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const [socket, { answers }] of this.#connections) {
      if (answers.size === 0) socket.destroySoon();
      for (const answer of answers) announceClose(answer);
    }
    const cut = setTimeout(() => this.#cut(), graceMs);
    await closed;
    clearTimeout(cut);
  }

  #cut(): void {
    for (const socket of this.#connections.keys()) socket.destroy();
  }

  #connectionOpened(socket: Socket): void {
    this.#connections.set(socket, { answers: new Set(), waiting: [] });
    socket.once("close", () => this.#connections.delete(socket));
  }

  #requestArrived(socket: Socket, response: ServerResponse, serve: () => void): void {
    const connection = this.#connections.get(socket);
    // It has been cut, and this was still in what had come.
    if (connection === undefined) return;
    const { answers, waiting } = connection;
    answers.add(response);
    if (this.#closed !== undefined) announceClose(response);
    // Emitted when the answer is whole and its turn on the connection has come: from now on only the client can delay it.
    let cut: NodeJS.Timeout | undefined;
    response.once("prefinish", () => {
      cut = setTimeout(() => socket.destroy(), this.#sendTimeoutMs);
    });
    response.once("close", () => {
      clearTimeout(cut);
      answers.delete(response);
      if (this.#closed !== undefined && answers.size === 0) socket.destroySoon();
      if (!socket.destroyed) waiting.shift()?.();
    });
    if (answers.size === 1) serve();
    else if (waiting.push(serve) > maxWaiting) socket.destroy();
  }
}

function announceClose(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader("Connection", "close");
}

function listenFailure({ host, port }: Address, failure: NodeJS.ErrnoException): RunnerError {
  const where = host === "" ? `port ${port}` : `${host}, port ${port}`;
  const why = reasons[failure.code ?? ""] ?? "can't be listened on";
  return new RunnerError("UNAVAILABLE", `${where} ${why}`, { cause: failure });
}

const reasons: Record<string, string> = {
  EADDRINUSE: "is in use by another process; stop that one or choose another port",
  EACCES: "may not be listened on by this user; choose a port above 1023",
  EADDRNOTAVAIL: "is no address of this machine",
  ENOTFOUND: "names no known host",
};
