/** A module proxy on this machine that a test can have misbehave (`go help goproxy`). */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { MadeModule } from "./module-zip.js";

export type Answer = (response: ServerResponse, request: IncomingMessage) => void;

export class TestProxy {
  /** By the end of the path; what is not here is not found. */
  readonly #answers = new Map<string, Answer>();
  /** What is answered instead. */
  readonly instead = new Map<string, Answer>();
  /** What was asked. */
  readonly asked: string[] = [];
  readonly #server = createServer((request, response) => {
    const path = request.url ?? "";
    this.asked.push(path);
    const answer = [...this.instead, ...this.#answers].find(([end]) => path.endsWith(end))?.[1];
    if (answer !== undefined) answer(response, request);
    else response.writeHead(404).end("not found\n");
  });

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Serves a version of a module as it should. */
  serve(path: string, version: string, { mod, zip }: Pick<MadeModule, "mod" | "zip">): void {
    const info = JSON.stringify({ Version: version, Time: "2020-01-01T00:00:00Z" });
    this.#answers.set(`/${path}/@v/list`, text(`${version}\n`));
    this.#answers.set(`/${path}/@latest`, text(info));
    this.#answers.set(`/${path}/@v/${version}.info`, text(info));
    this.#answers.set(`/${path}/@v/${version}.mod`, text(mod));
    this.#answers.set(`/${path}/@v/${version}.zip`, (response) => response.end(zip));
  }

  /** Safe to call twice. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }
}

export const text =
  (body: string): Answer =>
  (response) =>
    response.end(body);

/** Writes without an end. */
export const endless: Answer = (response) => {
  const piece = Buffer.alloc(256 * 1024, "PK");
  const more = () => {
    while (!response.destroyed && response.write(piece));
  };
  response.on("drain", more);
  more();
};
