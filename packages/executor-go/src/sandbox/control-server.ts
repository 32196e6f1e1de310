/** Where the control sockets of sandboxes come in: each begins with a key that only the spawner's helper and we know. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";

const keyBytes = 16;
const keyLength = 2 * keyBytes;
/** How long a connection may take to say whose it is. */
const introductionMs = 10_000;

export const newKey = () => randomBytes(keyBytes).toString("hex");

export class ControlServer {
  readonly address: string;
  readonly #server: Server;
  readonly #expected = new Map<string, (socket: Socket) => void>();

  private constructor(server: Server, address: string) {
    this.#server = server;
    this.address = address;
    server.on("connection", (socket) => this.#introduce(socket));
    // Without descriptors a connection can't be accepted: it stays, or is closed. Either way its sandbox's start has a limit.
    server.on("error", () => {});
    server.unref();
  }

  static async open(): Promise<ControlServer> {
    // An abstract address: nothing is left of it, and its length does not depend on where directories are.
    const address = `gorunner-${process.pid}-${newKey()}`;
    const server = createServer();
    server.listen(`\0${address}`);
    await once(server, "listening");
    return new ControlServer(server, address);
  }

  /** @param connected is called once, unless `forget` comes first. */
  expect(key: string, connected: (socket: Socket) => void): void {
    this.#expected.set(key, connected);
  }

  forget(key: string): void {
    this.#expected.delete(key);
  }

  close(): void {
    this.#server.close();
  }

  /** Finds out whose a connection is. */
  #introduce(socket: Socket): void {
    const timer = setTimeout(() => socket.destroy(), introductionMs);
    socket.on("error", () => {});
    socket.once("close", () => clearTimeout(timer));
    const read = () => {
      const key: Buffer | null = socket.read(keyLength);
      if (key === null) return;
      socket.off("readable", read);
      clearTimeout(timer);
      const name = key.toString("latin1");
      const connected = this.#expected.get(name);
      this.#expected.delete(name);
      if (connected === undefined) socket.destroy();
      else connected(socket);
    };
    socket.on("readable", read);
  }
}
