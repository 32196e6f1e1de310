import { connect, createServer, type Server, type Socket } from "node:net";
import { pipeline } from "node:stream/promises";
import { setTimeout as pause } from "node:timers/promises";

/** How a way through a proxy is. */
export type Way =
  /** As if there were no proxy. */
  | { kind: "open" }
  /** Every piece of data, in both directions, waits so long. */
  | { kind: "slow"; delayMs: number }
  /** What the server sends arrives byte by byte, one every so many milliseconds. */
  | { kind: "trickling"; everyMs: number }
  /** Connections stay open and can be made, and nothing passes until the way is another one. */
  | { kind: "silent" }
  /** No connection lasts: those that there are break at once, new ones as soon as they are made. */
  | { kind: "closed" }
  /** Of the pieces of data that the server sends every so many is cut in half, and its connection with it. */
  | { kind: "tearing"; every: number };

/** A TCP proxy on a free loopback port, in front of a server of 127.0.0.1, that a test makes worse and better again. */
export class TcpProxy {
  readonly #server: Server;
  readonly #targetPort: number;
  readonly #sockets = new Set<Socket>();
  #way: Way = { kind: "open" };
  #answers = 0;
  #changed = Promise.withResolvers<void>();

  private constructor(server: Server, targetPort: number) {
    this.#server = server;
    this.#targetPort = targetPort;
    server.on("connection", (client) => this.#serve(client));
  }

  static async open(targetPort: number): Promise<TcpProxy> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, "127.0.0.1", resolve);
    });
    return new TcpProxy(server, targetPort);
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("a closed proxy has no port");
    return address.port;
  }

  /** `url`, which leads to the server, as one that leads through here. */
  through(url: string): string {
    const way = new URL(url);
    way.port = String(this.port);
    return way.href;
  }

  become(way: Way): void {
    this.#way = way;
    this.#answers = 0;
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
    if (way.kind === "closed") this.#breakAll();
  }

  async close(): Promise<void> {
    this.become({ kind: "closed" });
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(client: Socket): void {
    if (this.#way.kind === "closed") {
      client.destroy();
      return;
    }
    const server = connect(this.#targetPort, "127.0.0.1");
    const both = [client, server];
    for (const socket of both) {
      this.#sockets.add(socket);
      socket.setNoDelay(true).once("close", () => this.#sockets.delete(socket));
    }
    const breakBoth = () => {
      for (const socket of both) socket.destroy();
    };
    // A way that breaks is what tests want of it; whoever is at either end is told by the end of the connection.
    pipeline(client, (data) => this.#carried(data), server).catch(breakBoth);
    pipeline(server, (data) => this.#trickled(this.#torn(this.#carried(data))), client).catch(breakBoth);
  }

  async *#carried(data: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const piece of data) {
      while (this.#way.kind === "silent") await this.#changed.promise;
      if (this.#way.kind === "slow") await Promise.race([pause(this.#way.delayMs), this.#changed.promise]);
      yield piece;
    }
  }

  async *#torn(answers: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const answer of answers) {
      this.#answers += 1;
      if (this.#way.kind === "tearing" && this.#answers % this.#way.every === 0) {
        yield answer.subarray(0, answer.length >> 1);
        throw new Error("cut in the answer");
      }
      yield answer;
    }
  }

  async *#trickled(answers: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const answer of answers) {
      let sent = 0;
      for (; this.#way.kind === "trickling" && sent < answer.length; sent++) {
        yield answer.subarray(sent, sent + 1);
        await Promise.race([pause(this.#way.everyMs), this.#changed.promise]);
      }
      if (sent < answer.length) yield answer.subarray(sent);
    }
  }

  #breakAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
