import { RunnerError, unavailable } from "@gorunner/core";
import { type Server, ServerCredentials } from "@grpc/grpc-js";

/** Where to listen. */
export interface ListenAddress {
  /** A name or an address; empty: all interfaces, IPv6 and IPv4. */
  host: string;
  /** 0: any free one. */
  port: number;
}

/**
 * Makes `server` listen.
 *
 * @returns the port, the real one where 0 was asked for.
 * @throws RunnerError UNAVAILABLE when it can't.
 */
export async function bind(server: Server, { host, port }: ListenAddress): Promise<number> {
  if (host !== "") return bindTo(server, host, port);
  try {
    return await bindTo(server, "::", port);
  } catch (failure) {
    // A machine without IPv6 has no `::`. A port in use is in use for IPv4 as well.
    if (failure instanceof RunnerError && errnoIn(failure.cause) === "EADDRINUSE") throw failure;
    return bindTo(server, "0.0.0.0", port);
  }
}

function bindTo(server: Server, host: string, port: number): Promise<number> {
  const address = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  return new Promise((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (failure, bound) => {
      if (failure === null) resolve(bound);
      else reject(unavailable(`gRPC can't listen on ${address}: ${reasonOf(failure)}`, failure));
    });
  });
}

function reasonOf(failure: Error): string {
  switch (errnoIn(failure)) {
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

/** grpc-js hands on the text of the system's error only. */
function errnoIn(failure: unknown): string | undefined {
  return failure instanceof Error ? /\bE[A-Z]{3,}\b/.exec(failure.message)?.[0] : undefined;
}
