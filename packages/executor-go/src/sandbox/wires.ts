/** What comes out of a sandbox. */
import type { Socket } from "node:net";
import { type Frame, FrameReader } from "./frame-reader.js";

/** The supervisor's frames until it has gone. A socket that breaks is over: how the sandbox ended says more than that. */
export async function* framesFrom(socket: Socket): AsyncGenerator<Frame> {
  const reader = new FrameReader();
  const chunks: AsyncIterator<Buffer> = socket[Symbol.asyncIterator]();
  socket.on("error", () => {});
  for (;;) {
    const next = await chunks.next().catch(() => undefined);
    if (next === undefined || next.done) return;
    yield* reader.read(next.value);
  }
}
