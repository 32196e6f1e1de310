import { createServer, connect as dial, type Server, type Socket } from "node:net";

/** A proxy before a server on this machine, that makes answers late. */
export class LaggingProxy {
  /** What every answer is late by. */
  delayMs = 0;
  /** What answers to commands are late by besides. */
  commandDelayMs = 0;
  /** What is published is late by more; Infinity keeps it back. */
  publishedDelayMs = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #subscribers = new Set<Socket>();

  private constructor(port: number) {
    this.#server = createServer((client) => this.#serve(client, port));
  }

  static async before(port: number): Promise<LaggingProxy> {
    const proxy = new LaggingProxy(port);
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the proxy does not listen");
    return address.port;
  }

  /** Ends the connections on which somebody subscribes, and no other. */
  breakSubscriptions(): void {
    for (const socket of this.#subscribers) socket.destroy();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(client: Socket, port: number): void {
    const server = dial(port, "127.0.0.1");
    let isSubscriber = false;
    let last = Promise.resolve();
    client.on("data", (data) => {
      if (data.includes("subscribe")) {
        isSubscriber = true;
        this.#subscribers.add(client);
      }
      server.write(data);
    });
    server.on("data", (data) => {
      const delayMs = this.delayMs + (isSubscriber ? this.publishedDelayMs : this.commandDelayMs);
      const due =
        delayMs === 0 ? Promise.resolve() : new Promise<void>((resolve) => setTimeout(resolve, Math.min(delayMs, 60_000)).unref());
      // In order, as a connection is.
      last = Promise.all([last, due]).then(() => void client.write(data));
    });
    for (const [socket, peer] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        this.#sockets.delete(socket);
        this.#subscribers.delete(socket);
        peer.destroy();
      });
    }
  }
}
