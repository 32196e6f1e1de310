import { connect, type Socket } from "node:net";

/** A connection on which a test writes what no well-behaved client would. */
export class RawConnection {
  readonly socket: Socket;
  #received = "";
  readonly ended: Promise<void>;

  constructor(port: number) {
    this.socket = connect({ host: "127.0.0.1", port });
    this.socket.on("data", (chunk) => {
      this.#received += chunk.toString("latin1");
    });
    this.ended = new Promise((resolve) => {
      // A server that cuts the connection may reset it; `close` follows, and is what counts.
      this.socket.on("error", () => {});
      this.socket.once("close", () => resolve());
    });
  }

  get received(): string {
    return this.#received;
  }

  write(text: string | Uint8Array): void {
    this.socket.write(text);
  }

  close(): void {
    this.socket.destroy();
  }
}

export const postHead = (path: string, bytes: number, headers = "") =>
  `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${bytes}\r\n${headers}\r\n`;
