/** A name server on this host's loopback that knows every name (RFC 1035). */
import { createSocket } from "node:dgram";
import { once } from "node:events";

export interface NameServer {
  port: number;
  close(): Promise<void>;
}

const headerBytes = 12;
const typeA = 1;
/** The name asked for, by its place in the message; A, IN, a second to live, four bytes of address. */
const record = Buffer.from([0xc0, headerBytes, 0, typeA, 0, 1, 0, 0, 0, 1, 0, 4, 192, 0, 2, 1]);

export async function openNameServer(): Promise<NameServer> {
  const socket = createSocket("udp4");
  socket.on("message", (query, { port, address }) => {
    const end = endOfQuestion(query);
    if (end !== undefined) socket.send(answerTo(query, end), port, address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return { port: socket.address().port, close: () => new Promise((resolve) => socket.close(() => resolve())) };
}

/** Behind its name, type and class; undefined for what is no query. */
function endOfQuestion(query: Buffer): number | undefined {
  const name = query.indexOf(0, headerBytes);
  const end = name + 5;
  return query.length < headerBytes || name < 0 || query.length < end ? undefined : end;
}

function answerTo(query: Buffer, end: number): Buffer {
  const answers = query.readUInt16BE(end - 4) === typeA ? 1 : 0;
  const header = Buffer.alloc(headerBytes);
  header.writeUInt16BE(query.readUInt16BE(0), 0);
  // A response, recursion wanted and to be had, no error.
  header.writeUInt16BE(0x8180, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(answers, 6);
  return Buffer.concat([header, query.subarray(headerBytes, end), ...(answers === 1 ? [record] : [])]);
}
