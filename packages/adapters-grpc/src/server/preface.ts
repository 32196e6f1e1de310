import type { Socket } from "node:net";

const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** For clients that speak HTTP/1, to which an HTTP/2 frame says nothing. */
const wrongProtocol =
  "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nthis port speaks gRPC (HTTP/2 without TLS)\n";

/**
 * Calls `begin` once the client has sent HTTP/2's preface, with all that was read put back. Before that a connection costs a
 * socket and no session. One that sends something else, or nothing for `timeoutMs`, is closed.
 */
export function awaitPreface(socket: Socket, { timeoutMs, begin }: { timeoutMs: number; begin: () => void }): void {
  const late = setTimeout(() => socket.destroy(), timeoutMs);
  let read = Buffer.alloc(0);
  const settle = () => {
    clearTimeout(late);
    socket.off("readable", look);
  };
  const look = () => {
    const chunk: Buffer | null = socket.read();
    if (chunk === null) return;
    read = Buffer.concat([read, chunk]);
    const length = Math.min(read.length, preface.length);
    if (!read.subarray(0, length).equals(preface.subarray(0, length))) {
      settle();
      if (isLetter(read[0])) socket.end(wrongProtocol);
      socket.destroySoon();
    } else if (length === preface.length) {
      settle();
      socket.unshift(read);
      begin();
    }
  };
  socket.on("readable", look);
  socket.once("end", () => socket.destroySoon());
  socket.once("close", settle);
}

const isLetter = (byte: number | undefined) => byte !== undefined && byte >= 65 && byte <= 90;
