/**
 * When a refused client should come back, in the two forms that gRPC clients know: the rich error model's
 * google.rpc.RetryInfo (https://google.aip.dev/193) and a plain number of seconds, as HTTP's Retry-After has it.
 */
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { Metadata, type status } from "@grpc/grpc-js";

const typeUrl = "type.googleapis.com/google.rpc.RetryInfo";

/** Trailers for a refusal that ends in `retryAfterMs`. The plain form is rounded up to whole seconds, at least one. */
export function retryTrailers(refusal: { code: status; message: string; retryAfterMs: number }): Metadata {
  const trailers = new Metadata();
  trailers.set("grpc-status-details-bin", Buffer.from(statusDetails(refusal)));
  trailers.set("retry-after", String(Math.max(1, Math.ceil(refusal.retryAfterMs / 1000))));
  return trailers;
}

/** A google.rpc.Status: `int32 code = 1; string message = 2; repeated google.protobuf.Any details = 3`. */
function statusDetails({ code, message, retryAfterMs }: { code: status; message: string; retryAfterMs: number }): Uint8Array {
  const writer = new BinaryWriter();
  writer.uint32(tag(1, varint)).int32(code);
  writer.uint32(tag(2, lengthDelimited)).string(message);
  writer.uint32(tag(3, lengthDelimited)).fork();
  // google.protobuf.Any: string type_url = 1; bytes value = 2.
  writer.uint32(tag(1, lengthDelimited)).string(typeUrl);
  writer.uint32(tag(2, lengthDelimited)).bytes(retryInfo(retryAfterMs));
  return writer.join().finish();
}

/** A google.rpc.RetryInfo: `google.protobuf.Duration retry_delay = 1`, a Duration being `int64 seconds = 1; int32 nanos = 2`. */
function retryInfo(retryAfterMs: number): Uint8Array {
  const delayMs = Math.max(0, Math.ceil(retryAfterMs));
  const writer = new BinaryWriter();
  writer.uint32(tag(1, lengthDelimited)).fork();
  writer.uint32(tag(1, varint)).int64(Math.floor(delayMs / 1000));
  writer.uint32(tag(2, varint)).int32((delayMs % 1000) * 1_000_000);
  return writer.join().finish();
}

/** Wire types of the protobuf encoding. */
const varint = 0;
const lengthDelimited = 2;

const tag = (field: number, wireType: number) => (field << 3) | wireType;
