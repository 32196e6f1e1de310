import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { unavailable } from "@gorunner/core";

/** Where to listen. */
export interface ListenAddress {
  /** A name or an address; empty: all interfaces, IPv6 and IPv4. */
  host: string;
  /** 0: any free one. */
  port: number;
}

/** Listens, and gives what connects to `accept`. */
export class TcpListener {
  readonly #accept: (socket: Socket) => void;
  readonly #servers = new Set<Server>();

  constructor(accept: (socket: Socket) => void) {
    this.#accept = accept;
  }

  /**
   * @returns the port, the real one where 0 was asked for.
   * @throws RunnerError UNAVAILABLE when it can't be had.
   */
  async listen({ host, port }: ListenAddress): Promise<number> {
    const [first, ...others] = await this.#addresses(host, port);
    if (first === undefined) throw this.#failure(host, port, undefined);
    let bound: number;
    try {
      bound = await this.#listenOn(first, port);
    } catch (failure) {
      // A machine without IPv6 has no `::`. A port in use is in use for IPv4 as well.
      if (host !== "" || errnoOf(failure) === "EADDRINUSE") throw this.#failure(host === "" ? first : host, port, failure);
      return this.listen({ host: "0.0.0.0", port });
    }
    for (const address of others) await this.#listenOn(address, bound);
    return bound;
  }

  /** Accepts no more; what is open stays open. */
  async close(): Promise<void> {
    await Promise.all([...this.#servers].map((server) => new Promise<void>((resolve) => server.close(() => resolve()))));
  }

  /** A name may have several: `localhost` is often an IPv4 and an IPv6 address. */
  async #addresses(host: string, port: number): Promise<string[]> {
    if (host === "") return ["::"];
    try {
      return (await lookup(host, { all: true })).map(({ address }) => address);
    } catch (failure) {
      throw this.#failure(host, port, failure);
    }
  }

  async #listenOn(host: string, port: number): Promise<number> {
    const server = createServer(this.#accept);
    server.listen({ host, port });
    await once(server, "listening");
    this.#servers.add(server);
    return (server.address() as AddressInfo).port;
  }

  #failure(host: string, port: number, failure: unknown) {
    const address = `${host.includes(":") ? `[${host}]` : host}:${port}`;
    return unavailable(`gRPC can't listen on ${address}: ${reasonOf(failure)}`, failure);
  }
}

function reasonOf(failure: unknown): string {
  switch (errnoOf(failure)) {
    case "EADDRINUSE":
      return "the port is in use; stop the other program or choose another port";
    case "EACCES":
      return "no permission; choose a port above 1023";
    case "EADDRNOTAVAIL":
      return "this machine has no such address";
    default:
      return "no such address";
  }
}

const errnoOf = (failure: unknown) => (failure instanceof Error && "code" in failure ? String(failure.code) : undefined);
