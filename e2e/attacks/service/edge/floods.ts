/** What takes memory at the edge, before anything is executed. Each resolves when all is sent, and holds it until it is let go. */
import { connect as connectHttp2 } from "node:http2";
import type { Socket } from "node:net";
import type { Gorunner } from "../../../support/gorunner.js";
import { headersOf, opening, openSocket, sendAll } from "./frames.js";

export type Flood = (server: Gorunner) => Promise<{ letGo(): void }>;

const held = (sockets: readonly { destroy(): void }[]) => ({
  letGo: () => {
    for (const socket of sockets) socket.destroy();
  },
});

/** Calls that send their headers and nothing more. */
export const headerOnlyCalls =
  (count: number): Flood =>
  async ({ grpc }) => {
    const connections = 60;
    const each = count / connections;
    const sockets: Socket[] = [];
    for (let index = 0; index < connections; index++) {
      const socket = await openSocket(grpc);
      socket.resume();
      sockets.push(socket);
      await sendAll(socket, Buffer.concat([opening, ...Array.from({ length: each }, (_, call) => headersOf(call))]));
    }
    return held(sockets);
  };

/** Connections that say nothing, or no more than that they are there. */
export const idleConnections =
  (count: number): Flood =>
  async ({ grpc, rest }) => {
    const sockets = await Promise.all(Array.from({ length: count }, (_, index) => openSocket(index % 2 === 0 ? grpc : rest)));
    for (const [index, socket] of sockets.entries()) {
      socket.resume();
      if (index % 4 === 0 && !socket.destroyed) socket.write(opening);
    }
    return held(sockets);
  };

/** Calls that lack the last byte of their message. */
export const halfMessages =
  ({ count, bytes }: { count: number; bytes: number }): Flood =>
  async ({ grpc }) => {
    const message = Buffer.alloc(bytes + 4);
    message.writeUInt32BE(bytes, 1);
    const sessions = [];
    for (let index = 0; index < count; index += 10) {
      const session = connectHttp2(`http://${grpc}`).on("error", () => {});
      sessions.push(session);
      const sent = Array.from({ length: Math.min(10, count - index) }, () => {
        const call = session.request({
          ":method": "POST",
          ":path": "/runner.Runner/RunCode",
          "content-type": "application/grpc",
          te: "trailers",
        });
        return new Promise<void>((resolve) => {
          call.on("error", () => {}).once("close", () => resolve());
          call.resume().write(message, () => resolve());
        });
      });
      await Promise.all(sent);
    }
    return held(sessions);
  };

/** Asks for a large answer on each of many connections, and reads none. */
export const neverReads =
  ({ count, id }: { count: number; id: bigint }): Flood =>
  async ({ rest }) => {
    const sockets: Socket[] = [];
    for (let index = 0; index < count; index++) {
      const socket = (await openSocket(rest)).pause();
      sockets.push(socket);
      await sendAll(socket, Buffer.from(`GET /shared/${id} HTTP/1.1\r\nHost: localhost\r\n\r\n`));
    }
    // The last of them are being answered.
    await new Promise((resolve) => setTimeout(resolve, 2000));
    return held(sockets);
  };

/** All of them at once. */
export const together =
  (floods: readonly Flood[]): Flood =>
  async (server) => {
    const all = await Promise.all(floods.map((flood) => flood(server)));
    return { letGo: () => all.map((each) => each.letGo()) };
  };
