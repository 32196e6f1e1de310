import type { IncomingMessage } from "node:http";
import type { Readable, Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { type FairShare, invalidArgument, RunnerError } from "@gorunner/core";
import { bodyTooLarge, HttpRefusal } from "../answers/refusal.js";
import { collect } from "./collect.js";

/**
 * A request's body, decompressed. What it holds after decompression is counted, so that a small body can't unfold
 * into a large one; reading stops at the limit.
 *
 * @throws RunnerError INVALID_ARGUMENT for a body over the limit, in an unknown encoding or badly compressed;
 *   CANCELLED when the client hangs up in the middle of it; RESOURCE_EXHAUSTED when too much is being received at once.
 */
export async function readBody(
  request: IncomingMessage,
  { maxBytes, memory }: { maxBytes: number; memory: FairShare },
): Promise<Uint8Array> {
  const declared = Number(request.headers["content-length"] ?? 0);
  const into = { maxBytes, memory, peer: request.socket.remoteAddress ?? "unknown" };
  try {
    if (declared > maxBytes) throw bodyTooLarge(maxBytes);
    const decoder = decoderFor(request.headers["content-encoding"]);
    // How much is in a compressed one is not known before.
    return decoder === undefined
      ? await collect(request, { ...into, declaredBytes: declared })
      : await decode(request, decoder, (source) => collect(source, into));
  } catch (failure) {
    if (failure instanceof RunnerError) throw failure;
    // A body that was read to its end is `destroyed` too, but `complete`.
    if (request.destroyed && !request.complete) throw new RunnerError("CANCELLED", "the client has gone", { cause: failure });
    throw invalidArgument("the body can't be read as its headers describe it", failure);
  } finally {
    // What is left of it is left to the connection, which knows when the answer has gone.
    request.pause();
  }
}

async function decode(request: IncomingMessage, decoder: Transform, take: (source: Readable) => Promise<Uint8Array>): Promise<Uint8Array> {
  // `pipe` forwards no failure, and a decoder whose source has failed would wait for ever.
  request.once("error", (failure) => decoder.destroy(failure));
  request.pipe(decoder);
  try {
    return await take(decoder);
  } finally {
    request.unpipe(decoder);
    decoder.destroy();
  }
}

/** @returns undefined for a body that is not compressed. */
function decoderFor(contentEncoding: string | undefined): Transform | undefined {
  switch (contentEncoding?.trim().toLowerCase() ?? "identity") {
    case "identity":
      return undefined;
    case "gzip":
    case "x-gzip":
      return createGunzip();
    case "deflate":
      return createInflate();
    case "br":
      return createBrotliDecompress();
    default:
      throw new HttpRefusal("the body's Content-Encoding must be one of gzip, deflate, br, identity", { httpStatus: 415 });
  }
}
