/** Bounds on how a body arrives, whether or not what serves the request reads it. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** A program that writes its body line by line makes fewer chunks, or longer ones. */
const maxTinyChunks = 1000;
const tinyBytes = 64;

/**
 * Calls `refuse` when the body comes in a great many chunks that hold next to nothing: each costs calls of the parser and of
 * the stream. What comes after that is ignored.
 */
export function refuseTinyChunks(request: IncomingMessage, refuse: () => void): void {
  const push = request.push.bind(request);
  let [chunks, bytes, isRefused] = [0, 0, false];
  // Listening to the body would take it from what serves the request.
  request.push = (chunk: Buffer | null, encoding) => {
    if (isRefused) return false;
    if (chunk === null) return push(chunk, encoding);
    bytes += chunk.length;
    if (++chunks <= maxTinyChunks || bytes >= chunks * tinyBytes) return push(chunk, encoding);
    isRefused = true;
    refuse();
    return false;
  };
}

/** How much is read of a body after its request has been answered. Each read makes a buffer, and many of them fill the memory. */
const forgottenBytes = 64 * 1024;
/** How long the client then has to send the rest, or to read its answer and to go. */
const lingerMs = 1000;

/** Whether more of the body may still come than is read after the answer. Then the connection can't be used again. */
export const leavesBody = ({ complete, headers }: IncomingMessage) =>
  !complete && (headers["transfer-encoding"] !== undefined || Number(headers["content-length"]) > forgottenBytes);

/**
 * Bounds what is read of a body that has not come whole when its request is answered, as one that is refused. Its beginning is
 * forgotten; the rest stays with the network until the connection is cut. Cut at once, it would lose the answer.
 */
export function boundRest(request: IncomingMessage, response: ServerResponse): void {
  response.once("prefinish", () => {
    if (request.complete) return void request.resume();
    if (leavesBody(request)) lingerAtClose(request.socket);
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > forgottenBytes) request.pause();
    });
    request.resume();
    response.once("finish", () => {
      if (request.complete) return;
      const cut = setTimeout(() => request.destroy(), lingerMs);
      for (const end of ["end", "close"]) request.once(end, () => clearTimeout(cut));
    });
  });
}

/** Node's server destroys a connection as soon as its last answer is written. */
function lingerAtClose(socket: Socket): void {
  socket.destroySoon = () => {
    socket.end();
    const cut = setTimeout(() => socket.destroy(), lingerMs);
    socket.once("close", () => clearTimeout(cut));
  };
}
