import type { ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import { FairShare, type Holder, type Logger, RefusalLog } from "@gorunner/core";
import type { Server } from "@grpc/grpc-js";
import { AnswerQueue } from "./answer-queue.js";
import { Connection, type ConnectionOptions } from "./connection.js";
import { Farewell } from "./farewell.js";
import { innerServerOf } from "./http2-server.js";
import type { GrpcLimits } from "./limits.js";
import { awaitPreface } from "./preface.js";

/** Where answers go that their clients have not taken yet. HTTP/2 lets a client ask on and on while it takes nothing. */
export interface AnswerRoom {
  /** Whether a connection, by the name that grpc-js gives it, may ask for more answers. */
  hasRoom(connection: string): boolean;
  /**
   * Waits for room as long as the client takes the answers before this one, but not for ever.
   *
   * @param signal aborted when the call ends.
   * @returns what is to be called when the answer has been taken, or never will be; undefined: there is no room for it.
   */
  sent(connection: string, bytes: number, signal: AbortSignal): Promise<(() => void) | undefined>;
}

/** More than most answers have. */
const answerBytes = 64 * 1024;

/** The open connections of a gRPC server, and their bounds. */
export class Connections implements AnswerRoom {
  readonly #limits: GrpcLimits;
  readonly #share: FairShare;
  readonly #memory: FairShare;
  readonly #answers: AnswerQueue;
  readonly #refusals: RefusalLog;
  readonly #inner: ReturnType<typeof innerServerOf>;
  readonly #options: ConnectionOptions;
  readonly #open = new Map<string, Connection>();
  readonly #sockets = new Set<Socket>();
  readonly #farewell = new Farewell();
  readonly #late: NodeJS.Timeout;

  constructor(server: Server, { limits, logger, unaryPaths }: { limits: GrpcLimits; logger: Logger; unaryPaths: ReadonlySet<string> }) {
    this.#limits = limits;
    this.#share = new FairShare({ inAll: limits.maxConnections, perPeer: limits.maxConnectionsPerPeer });
    this.#memory = new FairShare({ inAll: limits.maxBufferBytes, perPeer: limits.maxBufferBytes / 2 });
    this.#answers = new AnswerQueue({ maxBytes: limits.maxBufferBytes, timeoutMs: limits.answerTimeoutMs });
    this.#refusals = new RefusalLog(logger, "grpc");
    this.#inner = innerServerOf(server);
    this.#inner.http2.updateSettings({ maxHeaderListSize: limits.maxHeaderBytes, maxConcurrentStreams: limits.maxStreams });
    this.#options = { limits, memory: this.#memory, unaryPaths, refused: (reason) => this.#refusals.refused(reason) };
    this.#late = setInterval(() => this.#endLateCalls(), Math.min(1000, limits.receiveTimeoutMs, limits.answerTimeoutMs)).unref();
  }

  accept(socket: Socket): void {
    // What goes wrong with a connection shows in its end.
    socket.on("error", () => socket.destroy());
    const connection = new Connection(socket, this.#options);
    const place: Holder = {
      peer: connection.peer,
      canEnd: () => connection.canEnd(),
      end: () => {
        this.#share.give(place);
        connection.end();
      },
    };
    if (!this.#share.take(place, 1)) {
      this.#refusals.refused("connections");
      this.#farewell.say(socket);
      return;
    }
    this.#open.set(connection.name, connection);
    this.#sockets.add(socket);
    socket.once("close", () => {
      this.#share.give(place);
      this.#open.delete(connection.name);
      this.#sockets.delete(socket);
    });
    awaitPreface(socket, { timeoutMs: this.#limits.receiveTimeoutMs, begin: () => this.#begin(socket, connection) });
  }

  hasRoom(connection: string): boolean {
    const found = this.#open.get(connection);
    if (found === undefined) return false;
    // The answer waits where its client takes others.
    if (!found.memory.take(answerBytes)) return found.pace === "taking";
    found.memory.give(answerBytes);
    return true;
  }

  async sent(connection: string, bytes: number, signal: AbortSignal): Promise<(() => void) | undefined> {
    const found = this.#open.get(connection);
    if (found === undefined) return undefined;
    const keep = () => found.memory.keepAnswer(bytes);
    const isStalled = () => found.pace === "stalled";
    const taken = keep() ?? (await this.#answers.wait({ peer: found.peer, bytes, signal, keep, isStalled }));
    if (taken === undefined) return undefined;
    return () => {
      taken();
      this.#answers.lookSoon();
    };
  }

  /** Ends every connection, whatever it does. */
  destroy(): void {
    clearInterval(this.#late);
    for (const socket of this.#sockets) socket.destroy();
  }

  #begin(socket: Socket, connection: Connection): void {
    const { http2, injector } = this.#inner;
    // Emitted while the connection is injected, or never: then the next session is another connection's.
    const attach = (session: ServerHttp2Session) => connection.attach(session, (...event) => void http2.emit("stream", ...event));
    http2.once("session", attach);
    injector.injectConnection(socket);
    http2.off("session", attach);
  }

  #endLateCalls(): void {
    const nowMs = performance.now();
    for (const connection of this.#open.values()) connection.endLateCalls(nowMs);
    this.#answers.lookSoon();
  }
}
