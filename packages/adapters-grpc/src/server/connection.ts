import { constants, type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import type { FairShare } from "@gorunner/core";
import { status } from "@grpc/grpc-js";
import { AnswerPace, type Pace } from "./answer-pace.js";
import { CallMemory } from "./call-memory.js";
import { blameCallerForMessages, mistakeIn } from "./caller-mistakes.js";
import type { GrpcLimits } from "./limits.js";
import { OpenCall, refuse } from "./open-call.js";
import { PingPolicy } from "./ping-policy.js";

/** How long a client has to close a connection that it was asked to close. */
const closeMs = 1000;

export interface ConnectionOptions {
  limits: GrpcLimits;
  /** What all connections may hold in memory. */
  memory: FairShare;
  /** Paths of the methods that answer one message with one. */
  unaryPaths: ReadonlySet<string>;
  refused: (reason: string) => void;
}

/** A client's connection, from its first byte to its last. */
export class Connection {
  readonly peer: string;
  /** As grpc-js names it. */
  readonly name: string;
  readonly memory: CallMemory;
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #calls = new Set<OpenCall>();
  readonly #pace = new AnswerPace();
  #session: ServerHttp2Session | undefined;

  constructor(socket: Socket, options: ConnectionOptions) {
    this.peer = socket.remoteAddress ?? "unknown";
    this.name = `${this.peer}:${socket.remotePort}`;
    this.#socket = socket;
    this.#options = options;
    this.memory = new CallMemory(this.peer, options.memory, {
      hasVictims: () => [...this.#calls].some((call) => this.#mayEnd(call)),
      endVictims: () => this.#endWaitingCalls(),
      isTaking: () => this.pace === "taking",
    });
  }

  /** Takes over the session's streams: `forward` gets those that are served. */
  attach(session: ServerHttp2Session, forward: (...stream: StreamEvent) => void): void {
    this.#session = session;
    const pings = new PingPolicy(performance.now());
    session.on("ping", () => {
      if (pings.isTooMany({ nowMs: performance.now(), sentBytes: this.#socket.bytesWritten })) this.#calm("too_many_pings");
    });
    session.removeAllListeners("stream");
    session.on("stream", (...event: StreamEvent) => this.#streamOpened(event, forward));
  }

  /** Whether the client takes its answers. */
  get pace(): Pace {
    return this.#pace.current;
  }

  /** A connection on which a call is being served stays, and one that takes its answers. */
  canEnd(): boolean {
    return [...this.#calls].every((call) => this.#mayEnd(call));
  }

  end(): void {
    this.#options.refused("connections: an idle one gave way");
    this.#endWaitingCalls();
    if (this.#session === undefined) return void this.#socket.destroy();
    this.#session.close();
    const cut = setTimeout(() => this.#socket.destroy(), closeMs);
    this.#socket.once("close", () => clearTimeout(cut));
  }

  /** Ends the calls whose client has taken too long, and measures how it takes its answers. */
  endLateCalls(nowMs: number): void {
    this.#pace.look({ atMs: nowMs, untakenBytes: this.memory.untakenBytes, sentBytes: this.#socket.bytesWritten });
    for (const call of this.#calls) {
      const reason = call.endIfLate(nowMs);
      if (reason !== undefined) this.#options.refused(reason);
    }
  }

  #mayEnd(call: OpenCall): boolean {
    return call.waitsForClient && !(call.isAnswered && this.pace === "taking");
  }

  #endWaitingCalls(): void {
    for (const call of this.#calls) {
      if (this.#mayEnd(call)) call.end(status.RESOURCE_EXHAUSTED, "too much is under way at once; try again later");
    }
  }

  #streamOpened(event: StreamEvent, forward: (...stream: StreamEvent) => void): void {
    const [stream, headers, , rawHeaders] = event;
    const { limits, unaryPaths, refused } = this.#options;
    const headerBytes = rawHeaders.reduce((sum, text) => sum + text.length, 0);
    const refuseIt = (reason: string, message: string, code = status.RESOURCE_EXHAUSTED) => {
      refused(reason);
      stream.on("error", () => stream.destroy());
      refuse(stream, code, message);
    };
    if (headerBytes > limits.maxHeaderBytes) {
      refuseIt("headers", `the call's headers are larger than ${limits.maxHeaderBytes} bytes`);
      return;
    }
    const mistake = mistakeIn(headers);
    if (mistake !== undefined) {
      refuseIt("headers", mistake, status.INVALID_ARGUMENT);
      return;
    }
    const isUnary = unaryPaths.has(headers[":path"] ?? "");
    const call = OpenCall.open(stream, { headerBytes, isUnary, memory: this.memory, limits });
    if (call === undefined) {
      refuseIt("memory of calls", "too much is under way at once; try again later");
      return;
    }
    this.#calls.add(call);
    stream.once("close", () => this.#calls.delete(call));
    blameCallerForMessages(stream);
    forward(...event);
    call.watch();
  }

  #calm(reason: string): void {
    const { refused } = this.#options;
    refused(reason);
    this.#session?.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM, 0, Buffer.from(reason));
    this.#session?.destroy();
  }
}

export type StreamEvent = [stream: ServerHttp2Stream, headers: IncomingHttpHeaders, flags: number, rawHeaders: string[]];
