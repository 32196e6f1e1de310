import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { status } from "@grpc/grpc-js";

/** The form of the header grpc-timeout: a number of up to eight digits, and a unit (gRPC over HTTP/2). */
const timeoutForm = /^\d{1,8}[HMSmun]$/;

/** @returns what is wrong with the headers of a call; undefined: nothing. grpc-js would answer INTERNAL. */
export function mistakeIn(headers: IncomingHttpHeaders): string | undefined {
  const timeout = headers["grpc-timeout"];
  if (timeout === undefined || timeoutForm.test(String(timeout))) return undefined;
  return "the grpc-timeout must be up to eight digits and a unit: H, M, S, m, u or n";
}

/** What grpc-js says when it can't read a message. It answers INTERNAL then, though the mistake is the caller's. */
const unreadable = new Set(["Failed to decompress message", "Error deserializing request"].map((words) => encodeURI(words)));

/** Makes grpc-js answer a message that it can't read as INVALID_ARGUMENT. It offers no other way to do so. */
export function blameCallerForMessages(stream: ServerHttp2Stream): void {
  const respond = stream.respond.bind(stream);
  stream.respond = (headers, options) => respond(Array.isArray(headers) ? headers : blamed(headers as OutgoingHttpHeaders), options);
  const sendTrailers = stream.sendTrailers.bind(stream);
  stream.sendTrailers = (trailers) => sendTrailers(blamed(trailers));
}

function blamed(headers: OutgoingHttpHeaders = {}): OutgoingHttpHeaders {
  const isBlamed = Number(headers["grpc-status"]) === status.INTERNAL && unreadable.has(String(headers["grpc-message"]));
  return isBlamed ? { ...headers, "grpc-status": status.INVALID_ARGUMENT } : headers;
}
