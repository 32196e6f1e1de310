import type { IncomingMessage } from "node:http";
import type { Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { invalidArgument, RunnerError } from "@gorunner/core";
import getRawBody from "raw-body";
import { HttpRefusal } from "../answers/refusal.js";

/**
 * A request's body, decompressed. What it holds after decompression is counted, so that a small body can't unfold
 * into a large one; reading stops at the limit.
 *
 * @throws RunnerError INVALID_ARGUMENT for a body over the limit, in an unknown encoding or badly compressed;
 *   CANCELLED when the client hangs up in the middle of it.
 */
export async function readBody(request: IncomingMessage, { maxBytes }: { maxBytes: number }): Promise<Uint8Array> {
  const encoding = (request.headers["content-encoding"] ?? "identity").trim().toLowerCase();
  if (encoding === "identity") return await collect(request, request, maxBytes);
  const decoder = decoderFor(encoding);
  // `pipe` forwards no failure, and a decoder whose source has failed would wait for ever.
  request.once("error", (failure) => decoder.destroy(failure));
  request.pipe(decoder);
  try {
    return await collect(request, decoder, maxBytes);
  } finally {
    request.unpipe(decoder);
    decoder.destroy();
  }
}

function decoderFor(encoding: string): Transform {
  switch (encoding) {
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

async function collect(request: IncomingMessage, source: IncomingMessage | Transform, maxBytes: number): Promise<Uint8Array> {
  const declared = source === request ? request.headers["content-length"] : undefined;
  try {
    return await getRawBody(source, { limit: maxBytes, ...(declared === undefined ? {} : { length: Number(declared) }) });
  } catch (failure) {
    throw refusalOf(failure, { gone: request.destroyed, maxBytes });
  } finally {
    // What the client still sends is read and forgotten, so that it gets to read our answer.
    if (source !== request) request.unpipe();
    request.resume();
  }
}

function refusalOf(failure: unknown, { gone, maxBytes }: { gone: boolean; maxBytes: number }): RunnerError {
  const type = failure instanceof Error && "type" in failure ? failure.type : undefined;
  if (type === "entity.too.large") return new HttpRefusal(`the body is larger than ${maxBytes} bytes`, { httpStatus: 413 });
  if (gone || type === "request.aborted") return new RunnerError("CANCELLED", "the client has gone", { cause: failure });
  return invalidArgument("the body can't be read as its headers describe it", failure);
}
