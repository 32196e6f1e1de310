import { constants, type ServerHttp2Stream } from "node:http2";
import { status } from "@grpc/grpc-js";
import type { CallMemory } from "./call-memory.js";
import type { GrpcLimits } from "./limits.js";
import { MessageProgress } from "./message-progress.js";

/** What a call costs besides its messages: objects of Node's, grpc-js's and ours. Measured: some 13 KB. */
const callBytes = 16 * 1024;
/** Headers are kept as they came, as texts, and as metadata. */
const headerCopies = 4;
/** Requests that a streaming call may send at once, or ahead of the answers that it takes. */
const maxMessagesAtOnce = 64;
/** What an answer of a streaming call costs while grpc-js keeps it: it writes one when the one before it is taken. */
const streamedBytes = 4096;

/**
 * One call, from its headers to the end of its HTTP/2 stream.
 *
 * At any time it waits either for its client, to send the request or to take the answer, or for us. While it waits for its
 * client it has a time limit, and may be ended when memory is short.
 */
export class OpenCall {
  readonly #stream: ServerHttp2Stream;
  readonly #memory: CallMemory;
  readonly #limits: GrpcLimits;
  readonly #isUnary: boolean;
  readonly #progress = new MessageProgress();
  readonly #pieces: ArrayBufferLike[] = [];
  #isWhole = false;
  #takenBytes: number;
  /** Requests of a streaming call that have come since its client last had taken all, and what their answers cost. */
  #ahead = 0;
  #streamedBytes = 0;
  /** Since when it waits for the rest of a request. */
  #receivingSinceMs = performance.now();
  /** Since when its client does not take an answer. */
  #untakenSinceMs: number | undefined;

  /** @returns undefined when there is no memory left for it. */
  static open(
    stream: ServerHttp2Stream,
    call: { headerBytes: number; isUnary: boolean; memory: CallMemory; limits: GrpcLimits },
  ): OpenCall | undefined {
    const bytes = callBytes + headerCopies * call.headerBytes;
    return call.memory.take(bytes) ? new OpenCall(stream, call, bytes) : undefined;
  }

  private constructor(
    stream: ServerHttp2Stream,
    { isUnary, memory, limits }: { isUnary: boolean; memory: CallMemory; limits: GrpcLimits },
    bytes: number,
  ) {
    this.#stream = stream;
    this.#isUnary = isUnary;
    this.#memory = memory;
    this.#limits = limits;
    this.#takenBytes = bytes;
    stream.once("close", () => this.#release());
  }

  /** Follows what arrives, once grpc-js reads it. */
  watch(): void {
    // What was answered by its headers alone is closed by Node, as long as nothing reads it.
    if (this.#stream.headersSent) return;
    // Before grpc-js, which takes a message that is too large for one that may succeed later.
    this.#stream.prependListener("data", (chunk: Buffer) => this.#arrived(chunk));
    this.#stream.once("end", () => {
      this.#isWhole = true;
    });
    this.#stream.once("finish", () => {
      // A call that is answered before its request is whole would stay open for as long as the client wants (RFC 9113, 8.1).
      if (this.#isUnary && !this.#isWhole) setImmediate(() => this.#stream.close(constants.NGHTTP2_NO_ERROR));
    });
  }

  get waitsForClient(): boolean {
    return !this.#isUnary || !this.#isWhole || this.#stream.headersSent;
  }

  /** Whether all that is missing is that the client takes the answer. */
  get isAnswered(): boolean {
    return this.#isUnary && this.#isWhole && this.#stream.headersSent;
  }

  /** Ends it when its client has taken too long. @returns why it was ended. */
  endIfLate(nowMs: number): string | undefined {
    const { receiveTimeoutMs, answerTimeoutMs } = this.#limits;
    if (this.#isReceiving) {
      if (nowMs - this.#receivingSinceMs <= receiveTimeoutMs) return undefined;
      this.end(status.DEADLINE_EXCEEDED, `the request did not arrive within ${receiveTimeoutMs / 1000}s`);
      return "a request that does not arrive";
    }
    if (!this.#isUnary) this.#countStreamed();
    const isUntaken = this.#isUnary ? this.#stream.headersSent : this.#stream.writableLength > 0 || this.#stream.writableEnded;
    if (!isUntaken) this.#untakenSinceMs = undefined;
    else this.#untakenSinceMs ??= nowMs;
    if (this.#untakenSinceMs === undefined || nowMs - this.#untakenSinceMs <= answerTimeoutMs) return undefined;
    this.end(status.DEADLINE_EXCEEDED, `the answer was not taken within ${answerTimeoutMs / 1000}s`);
    return "an answer that is not taken";
  }

  /** Ends it with a status, or with a reset where an answer has begun. */
  end(code: status, message: string): void {
    this.#release();
    if (this.#stream.destroyed || this.#stream.closed) return;
    if (this.#stream.headersSent) this.#stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    else {
      refuse(this.#stream, code, message);
      // grpc-js sees by this that the call has ended.
      this.#stream.close(constants.NGHTTP2_NO_ERROR);
    }
  }

  get #isReceiving(): boolean {
    return this.#isUnary ? !this.#isWhole : this.#progress.isPartial && !this.#isWhole;
  }

  #arrived(chunk: Buffer): void {
    const progress = this.#progress;
    const before = progress.messages;
    progress.feed(chunk);
    const messages = progress.messages - before;
    const { maxRequestBytes } = this.#limits;
    if (progress.lastBytes > maxRequestBytes) {
      this.end(status.INVALID_ARGUMENT, `the message has ${progress.lastBytes} bytes; at most ${maxRequestBytes} are allowed`);
      return;
    }
    if (messages > 0) {
      this.#dropPieces();
      if (!this.#isUnary) this.#receivingSinceMs = performance.now();
    }
    this.#ahead += messages;
    const isKept = this.#isUnary && messages > 0 ? this.#take(progress.lastBytes) : this.#isUnary || this.#countStreamed();
    const isRoom = isKept && (!progress.isPartial || this.#keep(chunk.buffer));
    const isFlood = messages > maxMessagesAtOnce || (!this.#isUnary && this.#ahead > maxMessagesAtOnce);
    if (!isRoom) this.end(status.RESOURCE_EXHAUSTED, "too much is being received at once; try again later");
    else if (isFlood) this.end(status.RESOURCE_EXHAUSTED, "the call sends requests without taking the answers");
  }

  #countStreamed(): boolean {
    if (this.#stream.writableLength === 0) this.#ahead = 0;
    const more = this.#stream.writableLength + this.#ahead * streamedBytes - this.#streamedBytes;
    if (more > 0 && !this.#memory.take(more)) return false;
    if (more < 0) this.#memory.give(-more);
    this.#streamedBytes += more;
    return true;
  }

  #take(bytes: number): boolean {
    if (!this.#memory.take(bytes)) return false;
    this.#takenBytes += bytes;
    return true;
  }

  #keep(piece: ArrayBufferLike): boolean {
    if (!this.#memory.keep(piece)) return false;
    this.#pieces.push(piece);
    return true;
  }

  #dropPieces(): void {
    for (const piece of this.#pieces.splice(0)) this.#memory.drop(piece);
  }

  #release(): void {
    this.#dropPieces();
    this.#memory.give(this.#takenBytes + this.#streamedBytes);
    this.#takenBytes = 0;
    this.#streamedBytes = 0;
  }
}

/** Answers a call by its headers alone. */
export function refuse(stream: ServerHttp2Stream, code: status, message: string): void {
  stream.respond(
    { ":status": 200, "content-type": "application/grpc+proto", "grpc-status": code, "grpc-message": encodeURI(message) },
    { endStream: true },
  );
}
