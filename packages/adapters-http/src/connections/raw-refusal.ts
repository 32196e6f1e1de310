/** Answers to what never becomes a request: they are written as they are. */
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";

/** What Node's parser and timers say about a request, as an answer; undefined: the connection itself has failed. */
export function refusalOf(failure: Error): string | undefined {
  const code = "code" in failure ? String(failure.code) : "";
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return rawAnswer(431, { code: invalidArgument, message: "the request's headers are too large" });
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return rawAnswer(413, { code: invalidArgument, message: "the body's chunk extensions are too large" });
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return rawAnswer(408, { code: deadlineExceeded, message: "the request did not arrive in time" });
    default:
      return code.startsWith("HPE_") ? rawAnswer(400, { code: invalidArgument, message: "the request is not valid HTTP/1.1" }) : undefined;
  }
}

export const tooManyConnections = () => rawAnswer(429, { code: resourceExhausted, message: "too many connections; try again later" });

export const tinyChunks = () => rawAnswer(400, { code: invalidArgument, message: "the body comes in too many chunks that are tiny" });

/** How long a refused client has to read why. */
const readMs = 1000;
/** So many are waited for at once; others are cut without a word. */
const maxWaiting = 64;

/** Refuses connections with an answer. */
export class Farewell {
  #waiting = 0;

  /** Closes `socket` with `answer`. */
  say(socket: Socket, answer: string): void {
    if (this.#waiting >= maxWaiting) return void socket.destroy();
    this.#waiting++;
    const cut = setTimeout(() => socket.destroy(), readMs);
    socket.once("close", () => {
      this.#waiting--;
      clearTimeout(cut);
    });
    // What the client has sent is read and forgotten: closing over it would reset the connection and lose the answer.
    socket.end(answer);
  }
}

// Numbers of google.rpc.Code.
const invalidArgument = 3;
const deadlineExceeded = 4;
const resourceExhausted = 8;

function rawAnswer(httpStatus: number, error: { code: number; message: string }): string {
  const body = JSON.stringify({ ...error, details: [] });
  const head = [
    `HTTP/1.1 ${httpStatus} ${STATUS_CODES[httpStatus]}`,
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Cache-Control: no-store",
    ...(httpStatus === 429 ? ["Retry-After: 1"] : []),
    "Connection: close",
  ];
  return `${head.join("\r\n")}\r\n\r\n${body}`;
}
