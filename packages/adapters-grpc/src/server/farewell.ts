import { constants } from "node:http2";
import type { Socket } from "node:net";

/** How long a refused client has to read why. */
const readMs = 1000;
/** So many are waited for at once; others are cut without a word. */
const maxWaiting = 64;

/** What refused connections are told: GOAWAY with ENHANCE_YOUR_CALM, as HTTP/2 says to a client that asks for too much. */
export class Farewell {
  #waiting = 0;

  /** Closes `socket` with it. */
  say(socket: Socket): void {
    if (this.#waiting >= maxWaiting) return void socket.destroy();
    this.#waiting++;
    const cut = setTimeout(() => socket.destroy(), readMs);
    socket.once("close", () => {
      this.#waiting--;
      clearTimeout(cut);
    });
    // What the client has sent is read and forgotten: closing over it would reset the connection and lose the answer.
    socket.resume().end(frames);
  }
}

const reason = Buffer.from("too_many_connections");
const settings = 4;
const goaway = 7;
const frames = Buffer.concat([
  frame(settings, Buffer.alloc(0)),
  frame(goaway, Buffer.concat([words(0, constants.NGHTTP2_ENHANCE_YOUR_CALM), reason])),
]);

/** A frame of the connection itself, without flags (RFC 9113, 4.1). */
function frame(type: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  return Buffer.concat([head, payload]);
}

function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, 4 * index);
  return bytes;
}
