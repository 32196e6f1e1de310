import { BinaryReader } from "@bufbuild/protobuf/wire";
import { invalidArgument, maxCodeBytes, RunnerError } from "@gorunner/core";

/** A generated message type, as far as reading goes. */
export interface Readable<Message> {
  decode(reader: BinaryReader): Message;
}

/** What a message may have besides the largest code: its tag and length, and fields that a newer client knows. */
const otherBytes = 1024;
/** Numbers that may be read: the tags and lengths of a few hundred fields. Each takes about as long as 30 bytes of text. */
const maxNumbers = 1000;

/**
 * The message in `bytes`. Stricter than the generated reader, which replaces invalid UTF-8 in strings and stops silently
 * at a tag of zero. Reading takes about a millisecond at most: a message that would take longer is none of a real client.
 *
 * @throws RunnerError INVALID_ARGUMENT when the bytes are no such message, are too many or have too many fields, or a string
 * in them is not UTF-8.
 */
export function readMessage<Message>(type: Readable<Message>, bytes: Uint8Array): Message {
  if (bytes.length > maxCodeBytes + otherBytes)
    throw invalidArgument(`code is larger than 64 KiB (${maxCodeBytes} bytes), or other fields are larger than ${otherBytes} bytes`);
  const reader = new BoundedReader(bytes, decodeStrictly);
  const message = decode(type, reader);
  if (reader.pos !== reader.len) throw invalidArgument("the request is not a valid protobuf message");
  return message;
}

/** Refuses a message of very many fields: it takes a hundred times as long to read as a text of the same size. */
class BoundedReader extends BinaryReader {
  constructor(...given: ConstructorParameters<typeof BinaryReader>) {
    super(...given);
    const read = this.uint32.bind(this);
    let left = maxNumbers;
    // Every tag and every length is read by this, those inside of unknown groups too.
    this.uint32 = () => {
      if (left-- === 0) throw invalidArgument("the request has too many fields");
      return read();
    };
  }
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
