import type { IncomingHttpHeaders } from "node:http2";
import { status } from "@grpc/grpc-js";
import { notGrpc, SsoFailure } from "./sso-failure.js";

/** All that a server sent on the stream of one unary call. */
export interface RawAnswer {
  headers: IncomingHttpHeaders;
  /** Undefined where the stream ended with its first headers, or with its data. */
  trailers: IncomingHttpHeaders | undefined;
  /** The stream ended with its first headers (gRPC's "Trailers-Only"). */
  endsWithHeaders: boolean;
  body: Buffer;
}

/**
 * The one message of a unary call that succeeded.
 *
 * It succeeded if HTTP says 200, the content is gRPC's, and the one `grpc-status` at its end is exactly `0`. gRPC's library
 * for Node is more generous: it looks at HTTP's status only where there is no other, and takes an empty `grpc-status` for 0.
 *
 * @throws SsoFailure for everything else.
 */
export function messageIn(answer: RawAnswer): Buffer {
  checkHttp(answer);
  const code = statusIn(answer);
  if (code !== status.OK) throw new SsoFailure(code, told(answerEnd(answer)["grpc-message"]));
  return onlyMessageIn(answer.body);
}

function checkHttp({ headers }: RawAnswer): void {
  const httpStatus = Number(headers[":status"]);
  if (httpStatus !== 200)
    throw new SsoFailure(retryable.has(httpStatus) ? status.UNAVAILABLE : status.UNKNOWN, `HTTP status ${httpStatus}`);
  if (!/^application\/grpc(\+proto)?(;|$)/.test(headers["content-type"] ?? "")) throw notGrpc("the content type is not gRPC's");
}

function statusIn(answer: RawAnswer): status {
  if (!answer.endsWithHeaders && answer.headers["grpc-status"] !== undefined) throw notGrpc("grpc-status came before the end");
  const value = answerEnd(answer)["grpc-status"];
  // Of several the HTTP/2 module makes one, with commas between them.
  if (typeof value !== "string" || !/^(0|[1-9]\d?)$/.test(value)) throw notGrpc("there is not exactly one valid grpc-status");
  const code = Number(value);
  return code in status ? code : status.UNKNOWN;
}

const answerEnd = ({ headers, trailers, endsWithHeaders }: RawAnswer): IncomingHttpHeaders =>
  endsWithHeaders ? headers : (trailers ?? {});

/** A message is framed by a byte that says whether it is compressed, which we did not allow, and its length. */
function onlyMessageIn(body: Buffer): Buffer {
  if (body.length < frameBytes) throw notGrpc("the answer has no message");
  if (body[0] !== 0) throw notGrpc("the message is compressed");
  if (body.readUInt32BE(1) !== body.length - frameBytes) throw notGrpc("the answer is not exactly one message");
  return body.subarray(frameBytes);
}

export function framed(message: Uint8Array): Buffer {
  const header = Buffer.alloc(frameBytes);
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
}

const frameBytes = 5;

/** HTTP statuses that gRPC maps to UNAVAILABLE (its `http-grpc-status-mapping.md`). */
const retryable: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** The service's own words, for a log line: short and printable. */
function told(message: string | string[] | undefined): string {
  const text = String(message ?? "").slice(0, 3 * longestWords);
  return unescaped(text)
    .replace(/[^\x20-\x7e]/g, "?")
    .slice(0, longestWords);
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // It is not percent-encoded, as it should be: shown as it came.
    return text;
  }
}

const longestWords = 120;
