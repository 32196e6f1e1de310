/** HTTP/2 as bytes, for clients that no library would be (RFC 9113, 4.1; RFC 7541). */
import { connect, type Socket } from "node:net";

const types = { data: 0, headers: 1, settings: 4 } as const;
const endHeaders = 0x4;

const frame = (type: keyof typeof types, { flags = 0, stream = 0, payload = Buffer.alloc(0) }) => {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(types[type], 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
};

const literal = (text: string) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
/** Neither its name nor its value is kept in the table. */
const header = (name: string, value: string) => Buffer.concat([Buffer.from([0]), literal(name), literal(value)]);

/** POST, http, and path and authority by the names of the static table. */
const runCode = Buffer.concat([
  Buffer.from([0x83, 0x86, 0x04]),
  literal("/runner.Runner/RunCode"),
  Buffer.from([0x01]),
  literal("localhost"),
  header("content-type", "application/grpc"),
  header("te", "trailers"),
]);

/** What opens a connection. */
export const opening = Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), frame("settings", {})]);

/** The head of a call of RunCode, the `index`th of its connection. */
export const headersOf = (index: number) => frame("headers", { flags: endHeaders, stream: 2 * index + 1, payload: runCode });

/** A connection that keeps quiet about its end. */
export function openSocket(address: string, from = "127.0.0.1"): Promise<Socket> {
  const [host = "", port = ""] = address.replace(/^http:\/\//, "").split(":");
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port), localAddress: from });
    socket.on("error", () => resolve(socket)).once("connect", () => resolve(socket));
  });
}

/** Sends all of `bytes`, or as much as is taken before the connection ends. */
export const sendAll = (socket: Socket, bytes: Uint8Array) =>
  new Promise<void>((resolve) => {
    if (socket.destroyed) return resolve();
    socket.once("close", () => resolve());
    socket.write(bytes, () => resolve());
  });
