/** What comes out of a sandbox that is no output of its job: the supervisor's frames, and bubblewrap's status. */
import type { Socket } from "node:net";
import type { Readable } from "node:stream";
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

/** The pid of the sandbox's first process as the host sees it, from bubblewrap's status; undefined if it never came to be. */
export async function firstPid(status: Readable): Promise<number | undefined> {
  return new Promise((resolve) => {
    let text = "";
    status.setEncoding("utf8");
    status.on("data", (chunk: string) => {
      text = (text + chunk).slice(0, maxStatusBytes);
      const pid = /"child-pid":\s*(\d+)/.exec(text)?.[1];
      if (pid !== undefined) resolve(Number(pid));
    });
    status.once("close", () => resolve(undefined));
    status.once("error", () => resolve(undefined));
  });
}

const maxStatusBytes = 2_048;
