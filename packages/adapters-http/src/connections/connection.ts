import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { FairShare, Holder } from "@gorunner/core";

/** How many requests a connection may send ahead of their answers. */
const maxWaiting = 100;
/** What a request that waits costs besides its headers, and how often those are kept. */
const requestBytes = 4096;
const headerCopies = 4;

export interface ConnectionOptions {
  /** What all connections may hold in memory. */
  memory: FairShare;
  answerTimeoutMs: number;
  /** Told each time that a bound is hit. */
  refused: (reason: string) => void;
}

/**
 * A client's connection. Its requests are served one after another, each when the answer before it has been taken: else a
 * client that sends many at once, and takes nothing, would have all its answers made and kept here.
 */
export class Connection {
  readonly peer: string;
  readonly #socket: Socket;
  readonly #memory: FairShare;
  readonly #held: Holder;
  readonly #answerTimeoutMs: number;
  readonly #refused: ConnectionOptions["refused"];
  /** The answers that it waits for. */
  readonly #answers = new Set<ServerResponse>();
  /** What it has asked for behind the one that is being served. */
  readonly #waiting: (() => void)[] = [];

  constructor(socket: Socket, { memory, answerTimeoutMs, refused }: ConnectionOptions) {
    this.#refused = refused;
    this.peer = socket.remoteAddress ?? "unknown";
    this.#socket = socket;
    this.#memory = memory;
    this.#answerTimeoutMs = answerTimeoutMs;
    this.#held = {
      peer: this.peer,
      canEnd: () => this.#waiting.length > 0 || this.canEnd(),
      end: () => this.end(),
    };
    socket.once("close", () => memory.give(this.#held));
  }

  get isIdle(): boolean {
    return this.#answers.size === 0;
  }

  get hasBegunToAnswer(): boolean {
    return [...this.#answers].some((answer) => answer.headersSent);
  }

  /** One that waits for its client may be closed; one that is served may not. */
  canEnd(): boolean {
    return [...this.#answers].every((answer) => !answer.req.complete || answer.writableEnded);
  }

  end(): void {
    this.#memory.give(this.#held);
    this.#socket.destroy();
  }

  /** Tells the client that the answers which it still gets are the last. */
  announceClose(): void {
    for (const answer of this.#answers) announceClose(answer);
  }

  /** @param ended is called with each answer's end */
  take(exchange: { request: IncomingMessage; response: ServerResponse }, { serve, ended }: { serve: () => void; ended: () => void }): void {
    const { request, response } = exchange;
    this.#answers.add(response);
    // Emitted when the answer is whole and its turn on the connection has come: from now on only the client can delay it.
    let cut: NodeJS.Timeout | undefined;
    let untakenBytes = 0;
    response.once("prefinish", () => {
      cut = setTimeout(() => this.#cut("an answer that is not taken"), this.#answerTimeoutMs);
      const { writableLength } = this.#socket;
      if (this.#memory.take(this.#held, writableLength)) untakenBytes = writableLength;
      else this.#cut("memory of answers that are not taken");
    });
    response.once("close", () => {
      clearTimeout(cut);
      this.#memory.give(this.#held, untakenBytes);
      this.#answers.delete(response);
      ended();
      if (!this.#socket.destroyed) this.#waiting.shift()?.();
    });
    if (this.#answers.size === 1) serve();
    else this.#wait(serve, requestBytes + headerCopies * sizeOf(request.rawHeaders));
  }

  #cut(reason: string): void {
    this.#refused(reason);
    this.#socket.destroy();
  }

  #wait(serve: () => void, bytes: number): void {
    const isRoom = this.#waiting.length < maxWaiting && this.#memory.take(this.#held, bytes);
    if (!isRoom) {
      this.#cut("requests ahead of their answers");
      return;
    }
    this.#waiting.push(() => {
      this.#memory.give(this.#held, bytes);
      serve();
    });
  }
}

export function announceClose(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader("Connection", "close");
}

const sizeOf = (texts: string[]) => texts.reduce((sum, text) => sum + text.length, 0);
