/**
 * The forwarder of one fetch: a server on a local socket, which is the only way out of the fetch's sandbox. It asks the
 * configured proxies and the checksum database itself, for nothing but what the go command asks, and within limits.
 */
import { setMaxListeners } from "node:events";
import { createReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { createServer, Agent as HttpAgent, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Asking, askUpstream, NotForwarded } from "./ask-upstream.js";
import { type ForwardReason, forwardReasons } from "./fetch-reasons.js";
import { type Asked, parseAsked } from "./forward-path.js";
import type { HostNames } from "./host-names.js";
import { below, type Target, type Upstreams } from "./upstreams.js";
import { ZipEntries } from "./zip-entries.js";

export interface ForwardOptions {
  upstreams: Upstreams;
  names: HostNames;
  /** Modules that are here already, verified; as the go command keeps them (GOMODCACHE). */
  cache: string;
  /** What may come in all. */
  maxBytes: number;
  maxRequests: number;
  /** Files of one module. */
  maxEntries: number;
}

/** What was not forwarded, for operators; no credentials are in it. */
export interface Refused {
  reason: ForwardReason;
  detail: string;
}

const maxConnections = 64;
const maxUpstreamConnections = 16;
const maxRefusedKept = 5;

export class ForwardSession {
  readonly refused: Refused[] = [];
  readonly #options: ForwardOptions;
  readonly #controller = new AbortController();
  readonly #agents: Asking["agents"];
  readonly #server: Server;
  #bytesLeft: number;
  #requestsLeft: number;
  #database: Promise<Target> | undefined;

  private constructor(options: ForwardOptions) {
    this.#options = options;
    this.#bytesLeft = options.maxBytes;
    this.#requestsLeft = options.maxRequests;
    const connections = { keepAlive: true, maxSockets: maxUpstreamConnections };
    this.#agents = { http: new HttpAgent(connections), https: new HttpsAgent({ ...connections, secureContext: options.upstreams.trust }) };
    // Each request under way listens to it.
    setMaxListeners(0, this.#controller.signal);
    this.#server = createServer((request, response) => void this.#answer(request, response));
    this.#server.maxConnections = maxConnections;
  }

  /** @param socket the path at which it listens. */
  static async open(socket: string, options: ForwardOptions): Promise<ForwardSession> {
    const session = new ForwardSession(options);
    await new Promise<void>((resolve, reject) => session.#server.once("error", reject).listen(socket, resolve));
    return session;
  }

  /** Ends what is under way. */
  async close(): Promise<void> {
    this.#controller.abort(new NotForwarded("failed", "the fetch has ended"));
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    this.#agents.http.destroy();
    this.#agents.https.destroy();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A client that goes ends its answer, whose pipeline then says so.
    response.on("error", () => response.destroy());
    try {
      const asked = request.method === "GET" ? parseAsked(request.url ?? "") : undefined;
      if (asked === undefined) throw new NotForwarded("forbidden", `${request.method} ${request.url} is nothing that the go command asks`);
      if (--this.#requestsLeft < 0) throw new NotForwarded("too_many", `more than ${this.#options.maxRequests} requests`);
      await this.#give(asked, response);
    } catch (error) {
      const isOurs = error instanceof NotForwarded;
      // The fetch has ended, or the go command has gone, which a pipeline tells as an error of its own.
      if (this.#controller.signal.aborted || (response.destroyed && !isOurs)) return;
      const refused = isOurs ? error : new NotForwarded("failed", String(error));
      this.#note(refused);
      if (response.headersSent) response.destroy();
      else response.writeHead(forwardReasons[refused.reason].status, { "content-length": 0 }).end();
    }
  }

  async #give(asked: Asked, response: ServerResponse): Promise<void> {
    const kept = asked.of === "proxy" && asked.isFile ? await this.#kept(asked.path) : undefined;
    if (kept !== undefined) {
      await pipeline(createReadStream("", { fd: kept }), response);
      return;
    }
    const answer = await this.#ask(await this.#targetOf(asked));
    const length = Number(answer.headers["content-length"] ?? Number.NaN);
    const maxBytes = Math.min(asked.maxBytes, this.#bytesLeft);
    if (length > maxBytes) {
      answer.destroy();
      throw tooLarge(asked);
    }
    response.writeHead(200, Number.isNaN(length) ? {} : { "content-length": length });
    await pipeline(answer, (pieces: Readable) => this.#counted(pieces, asked), response);
  }

  async *#counted(pieces: AsyncIterable<Buffer>, asked: Asked): AsyncGenerator<Buffer> {
    let own = 0;
    const entries = asked.path.endsWith(".zip") ? new ZipEntries() : undefined;
    for await (const piece of pieces) {
      own += piece.length;
      this.#bytesLeft -= piece.length;
      if (own > asked.maxBytes || this.#bytesLeft < 0) throw tooLarge(asked);
      entries?.take(piece);
      if (entries !== undefined && entries.count > this.#options.maxEntries) {
        throw new NotForwarded("too_many_files", `${asked.path} has more than ${this.#options.maxEntries} files`);
      }
      yield piece;
    }
  }

  async #targetOf(asked: Asked): Promise<Target> {
    if (asked.of === "checksums") {
      this.#database ??= this.#findDatabase();
      return below(await this.#database, asked.path);
    }
    const proxy = this.#options.upstreams.proxies[asked.index];
    if (proxy === undefined) throw new NotForwarded("forbidden", `there is no proxy ${asked.index}`);
    return below(proxy, asked.path);
  }

  /** The first proxy that stands in for the checksum database, as the go command would choose; else the database itself. */
  async #findDatabase(): Promise<Target> {
    const { proxies, checksums } = this.#options.upstreams;
    for (const proxy of checksums.mayBeProxied ? proxies : []) {
      const path = `/sumdb/${checksums.name}`;
      try {
        (await this.#ask(below(proxy, `${path}/supported`))).destroy();
        return below(proxy, path);
      } catch (error) {
        if (!(error instanceof NotForwarded && error.reason === "not_found")) throw error;
      }
    }
    return { url: checksums.url };
  }

  #ask(target: Target): Promise<IncomingMessage> {
    const { upstreams, names } = this.#options;
    const asking: Asking = { upstreams, names, agents: this.#agents, signal: this.#controller.signal };
    return askUpstream(asking, target);
  }

  async #kept(path: string): Promise<FileHandle | undefined> {
    try {
      return await open(join(this.#options.cache, "cache", "download", path));
    } catch (error) {
      if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR")) return undefined;
      throw error;
    }
  }

  #note({ reason, message }: NotForwarded): void {
    if (this.refused.length < maxRefusedKept) this.refused.push({ reason, detail: message });
  }
}

const tooLarge = ({ path, maxBytes }: Asked) =>
  new NotForwarded("too_large", `${path} is larger than ${maxBytes} bytes, or all are together`);
