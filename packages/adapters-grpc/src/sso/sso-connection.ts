import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from "node:http2";
import { framed, type RawAnswer } from "./grpc-answer.js";
import { notGrpc, notReached, type SsoFailure } from "./sso-failure.js";

/**
 * Unary gRPC calls to one server over plain HTTP/2, one connection at a time, dialled by the first call and again after it broke.
 *
 * Our own client, because the library's hides what decides whether an answer is one: HTTP's status, and the text of `grpc-status`.
 */
export class SsoConnection {
  readonly #authority: string;
  readonly #timeoutMs: number;
  /** Those that still end, too. */
  readonly #sessions = new Set<ClientHttp2Session>();
  #session: ClientHttp2Session | undefined;
  #isClosed = false;

  /** @param options.target `host:port`. */
  constructor(options: { target: string; timeoutMs: number }) {
    this.#authority = `http://${options.target}`;
    this.#timeoutMs = options.timeoutMs;
  }

  /** @throws SsoFailure when no whole answer came in time. Aborting `signal` ends the call with such a failure, too. */
  call(path: string, message: Uint8Array, signal: AbortSignal): Promise<RawAnswer> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) return reject(notReached("the client is closed"));
      const session = this.#dial();
      let stream: ClientHttp2Stream;
      try {
        stream = session.request(this.#headersFor(path));
      } catch (failure) {
        // The connection takes no more calls, and has not said so before.
        this.#leave(session);
        return reject(notReached(reasonOf(failure)));
      }
      const fail = (failure: SsoFailure) => {
        reject(failure);
        stream.close(constants.NGHTTP2_CANCEL);
      };
      const onTimeout = () => {
        // Perhaps nobody is at the other end any more: the next call dials anew.
        this.#leave(session);
        fail(notReached(`no answer within ${this.#timeoutMs} ms`));
      };
      const onAbort = () => fail(notReached("cancelled"));
      const timer = setTimeout(onTimeout, this.#timeoutMs);
      signal.addEventListener("abort", onAbort);
      stream.once("close", () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", onAbort);
      });
      collect(stream, resolve, fail);
      stream.end(framed(message));
    });
  }

  /** Resolves when the other end speaks HTTP/2. @throws SsoFailure when it does not in time. */
  ready(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) return reject(notReached("the client is closed"));
      const session = this.#dial();
      const timer = setTimeout(() => this.#leave(session), this.#timeoutMs);
      const onAnswer = () => {
        clearTimeout(timer);
        resolve();
      };
      // The first frame of either side is SETTINGS; later a ping asks for another.
      if (session.connecting) session.once("remoteSettings", onAnswer);
      else session.ping((failure) => failure === null && onAnswer());
      session.once("close", () => {
        clearTimeout(timer);
        reject(notReached("the connection failed, or was silent"));
      });
    });
  }

  /** Ends everything at once. */
  close(): void {
    this.#isClosed = true;
    for (const session of this.#sessions) session.destroy();
  }

  #headersFor(path: string): OutgoingHttpHeaders {
    return {
      [constants.HTTP2_HEADER_METHOD]: "POST",
      [constants.HTTP2_HEADER_PATH]: path,
      "content-type": "application/grpc",
      te: "trailers",
      "grpc-accept-encoding": "identity",
      "grpc-timeout": `${Math.min(Math.ceil(this.#timeoutMs), longestTimeoutMs)}m`,
    };
  }

  #dial(): ClientHttp2Session {
    if (this.#session !== undefined && !this.#session.closed && !this.#session.destroyed) return this.#session;
    const session = connect(this.#authority, { settings: { enablePush: false, maxHeaderListSize: maxHeaderBytes } });
    this.#session = session;
    this.#sessions.add(session);
    // Each call on it fails with the same error.
    session.on("error", () => {});
    session.once("goaway", () => this.#leave(session));
    session.once("close", () => this.#sessions.delete(session));
    // Calls keep the process alive by their timers; a connection that waits for some does not.
    session.unref();
    return session;
  }

  /** No more calls on `session`; those that are under way have until their own time is over. */
  #leave(session: ClientHttp2Session): void {
    if (this.#session === session) this.#session = undefined;
    if (session.destroyed) return;
    if (session.connecting) {
      session.destroy();
      return;
    }
    session.close();
    const timer = setTimeout(() => session.destroy(), this.#timeoutMs).unref();
    session.once("close", () => clearTimeout(timer));
  }
}

function collect(stream: ClientHttp2Stream, resolve: (answer: RawAnswer) => void, fail: (failure: SsoFailure) => void): void {
  let headers: IncomingHttpHeaders | undefined;
  let trailers: IncomingHttpHeaders | undefined;
  let endsWithHeaders = false;
  let bytes = 0;
  const parts: Buffer[] = [];
  stream.on("response", (received, flags) => {
    headers = received;
    endsWithHeaders = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
  });
  stream.on("trailers", (received) => {
    trailers = received;
  });
  stream.on("data", (part: Buffer) => {
    bytes += part.length;
    if (bytes > maxAnswerBytes) fail(notGrpc(`the answer is larger than ${maxAnswerBytes} bytes`));
    else parts.push(part);
  });
  stream.on("error", (failure) => fail(notReached(reasonOf(failure))));
  stream.once("close", () => {
    // Ended by the server's whole answer, and by nothing else.
    if (headers === undefined || stream.rstCode !== constants.NGHTTP2_NO_ERROR || !stream.readableEnded)
      fail(notReached(`the stream was ended (code ${stream.rstCode})`));
    else resolve({ headers, trailers, endsWithHeaders, body: Buffer.concat(parts) });
  });
}

/** Without addresses: `ECONNREFUSED`, or the first words of the message. */
function reasonOf(failure: unknown): string {
  if (!(failure instanceof Error)) return "unknown";
  return "code" in failure && typeof failure.code === "string" ? failure.code : failure.message.slice(0, 80);
}

/** The answer is a message of two bytes. */
const maxAnswerBytes = 64 * 1024;
const maxHeaderBytes = 16 * 1024;
/** gRPC writes times with eight digits at most. */
const longestTimeoutMs = 99_999_999;
