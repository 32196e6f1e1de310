import { BinaryReader } from "@bufbuild/protobuf/wire";
import { invalidArgument, RunnerError } from "@gorunner/core";

/** A generated message type, as far as reading goes. */
export interface Readable<Message> {
  decode(reader: BinaryReader): Message;
}

/**
 * The message in `bytes`. Stricter than the generated reader, which replaces invalid UTF-8 in strings and stops silently
 * at a tag of zero.
 *
 * @throws RunnerError INVALID_ARGUMENT when the bytes are no such message or a string in them is not UTF-8.
 */
export function readMessage<Message>(type: Readable<Message>, bytes: Uint8Array): Message {
  const reader = new BinaryReader(bytes, decodeStrictly);
  const message = decode(type, reader);
  if (reader.pos !== reader.len) throw invalidArgument("the request is not a valid protobuf message");
  return message;
}

function decode<Message>(type: Readable<Message>, reader: BinaryReader): Message {
  try {
    return type.decode(reader);
  } catch (failure) {
    if (failure instanceof RunnerError) throw failure;
    throw invalidArgument("the request is not a valid protobuf message", failure);
  }
}

// `ignoreBOM` keeps a byte order mark: it is the client's, and the Go compiler accepts one.
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decodeStrictly(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (failure) {
    throw invalidArgument("the request holds text that is not valid UTF-8", failure);
  }
}
