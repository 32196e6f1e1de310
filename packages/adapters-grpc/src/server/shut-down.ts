import type { Server } from "@grpc/grpc-js";
import type { CallFrame } from "./call-frame.js";
import type { Connections } from "./connections.js";
import type { TcpListener } from "./listener.js";

/** How long the last answers have to reach their clients once no call is under way. */
const flushMs = 250;
/** How long cancelled calls have to let go of what they hold. */
const settleMs = 1000;

export interface Parts {
  server: Server;
  listener: TcpListener;
  connections: Connections;
  frame: CallFrame;
}

/**
 * Stops a gRPC server: at once for new connections, for calls under way when they have ended, at the latest after `graceMs`.
 *
 * grpc-js's own graceful shutdown waits for every open stream, and a health watcher's or a reflection client's never ends
 * by itself. Those are cut as soon as no call of ours is under way, and so are connections that have not begun.
 */
export async function shutDown({ server, listener, connections, frame }: Parts, graceMs: number): Promise<void> {
  const closed = Promise.all([listener.close(), new Promise<void>((resolve) => server.tryShutdown(() => resolve()))]);
  const idle = frame.idle();
  await within(graceMs, Promise.race([closed, idle]));
  await within(Math.min(flushMs, graceMs), closed);
  server.forceShutdown();
  connections.destroy();
  await within(settleMs, Promise.all([closed, idle]));
}

/** Resolves when `work` has, or after `ms`. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, timeout]);
  clearTimeout(timer);
}
