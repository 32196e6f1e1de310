import { createServer, type IncomingMessage, type RequestListener, type ServerOptions, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { FairShare, type Holder, type RefusalLog, RunnerError } from "@gorunner/core";
import { send } from "../answers/answer.js";
import { errorAnswer } from "../answers/error-answer.js";
import { HttpRefusal } from "../answers/refusal.js";
import { boundRest, refuseTinyChunks } from "./body.js";
import { announceClose, Connection } from "./connection.js";
import type { HttpLimits } from "./limits.js";
import { Farewell, refusalOf, tinyChunks, tooManyConnections } from "./raw-refusal.js";

export interface Address {
  /** A host name or address; empty: every interface, IPv4 and IPv6. */
  host: string;
  /** 0: any free one. */
  port: number;
}

export interface ListenerOptions {
  limits: HttpLimits;
  /** Given where others hold parts of it too; see {@link memoryFor}. */
  memory?: FairShare;
  refusals: RefusalLog;
}

/**
 * A listening HTTP server that can be closed without harming the requests it has accepted.
 *
 * Node's own `closeIdleConnections` leaves out connections that never sent a request, and closes no connection that
 * becomes idle later, so this class keeps count of what each connection is doing.
 */
export class Listener {
  readonly #server;
  readonly #limits: HttpLimits;
  readonly #share: FairShare;
  readonly #memory: FairShare;
  readonly #refusals: RefusalLog;
  readonly #farewell = new Farewell();
  readonly #connections = new Map<Socket, Connection>();
  #closed: Promise<void> | undefined;

  constructor({ limits, memory = memoryFor(limits), refusals }: ListenerOptions, handle: RequestListener) {
    this.#limits = limits;
    this.#share = new FairShare({ inAll: limits.maxConnections, perPeer: limits.maxConnectionsPerPeer });
    this.#memory = memory;
    this.#refusals = refusals;
    this.#server = createServer(serverOptions(limits));
    this.#server.maxHeadersCount = maxHeaders + 1;
    this.#server.on("connection", (socket) => this.#connectionOpened(socket));
    this.#server.on("clientError", (failure: Error, socket: Socket) => this.#requestFailed(failure, socket));
    this.#server.on("request", (request, response) => {
      this.#requestArrived({ request, response }, () => (hasTooManyHeaders(request) ? refuseHeaders(response) : handle(request, response)));
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
    for (const [socket, connection] of this.#connections) {
      if (connection.isIdle) socket.destroySoon();
      connection.announceClose();
    }
    const cut = setTimeout(() => this.#cut(), graceMs);
    await closed;
    clearTimeout(cut);
  }

  #cut(): void {
    for (const socket of this.#connections.keys()) socket.destroy();
  }

  #connectionOpened(socket: Socket): void {
    const refused = (reason: string) => this.#refusals.refused(reason);
    const connection = new Connection(socket, { memory: this.#memory, answerTimeoutMs: this.#limits.answerTimeoutMs, refused });
    const place: Holder = {
      peer: connection.peer,
      canEnd: () => connection.canEnd(),
      end: () => {
        refused("connections: an idle one gave way");
        this.#share.give(place);
        connection.end();
      },
    };
    if (!this.#share.take(place, 1)) {
      refused("connections");
      this.#farewell.say(socket, tooManyConnections());
      return;
    }
    this.#connections.set(socket, connection);
    socket.once("close", () => {
      this.#share.give(place);
      this.#connections.delete(socket);
    });
  }

  #requestArrived(exchange: { request: IncomingMessage; response: ServerResponse }, serve: () => void): void {
    const { socket } = exchange.request;
    const connection = this.#connections.get(socket);
    // It has been cut or refused, and this was still in what had come.
    if (connection === undefined) return;
    if (this.#closed !== undefined) announceClose(exchange.response);
    boundRest(exchange.request, exchange.response);
    refuseTinyChunks(exchange.request, () => {
      this.#refusals.refused("a body in tiny chunks");
      this.#end(socket, tinyChunks());
    });
    connection.take(exchange, {
      serve,
      ended: () => {
        if (this.#closed !== undefined && connection.isIdle) socket.destroySoon();
      },
    });
  }

  /** Node has no request to hand on: its parser or its timers have ended it. */
  #requestFailed(failure: Error, socket: Socket): void {
    this.#end(socket, refusalOf(failure));
  }

  /** Ends a connection in the middle of a request, with `answer` where none has begun. */
  #end(socket: Socket, answer: string | undefined): void {
    const isAnswering = this.#connections.get(socket)?.hasBegunToAnswer ?? true;
    if (answer !== undefined && !isAnswering && socket.writable) socket.write(answer);
    socket.destroy();
  }
}

/** What bodies that arrive, requests that wait and answers that are not taken share. */
export const memoryFor = ({ maxBufferBytes }: HttpLimits) => new FairShare({ inAll: maxBufferBytes, perPeer: maxBufferBytes / 2 });

/** More is no client that we know of. Node would leave out what is above its bound, and say nothing. */
const maxHeaders = 100;
const maxHeadersTimeoutMs = 10_000;

function serverOptions({ maxHeaderBytes, receiveTimeoutMs, idleTimeoutMs }: HttpLimits): ServerOptions {
  return {
    maxHeaderSize: maxHeaderBytes,
    headersTimeout: Math.min(receiveTimeoutMs, maxHeadersTimeoutMs),
    requestTimeout: receiveTimeoutMs,
    connectionsCheckingInterval: Math.min(receiveTimeoutMs, 1000),
    keepAliveTimeout: idleTimeoutMs,
  };
}

const hasTooManyHeaders = ({ rawHeaders }: IncomingMessage) => rawHeaders.length > 2 * maxHeaders;

function refuseHeaders(response: ServerResponse): void {
  announceClose(response);
  const refusal = new HttpRefusal(`the request has more than ${maxHeaders} headers`, { httpStatus: 431 });
  send(response, errorAnswer(refusal, ""));
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
