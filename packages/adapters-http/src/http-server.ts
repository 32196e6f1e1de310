import { type AppOptions, createApp } from "./app.js";
import { type Address, Listener } from "./listener.js";

export interface HttpServerOptions extends AppOptions {
  /** How long a client may take to send a request; a run is not limited by it. */
  receiveTimeoutMs?: number;
}

export interface HttpServer {
  /** @returns the real port. @throws RunnerError UNAVAILABLE when the address can't be listened on. */
  listen(address: Address): Promise<number>;
  /** Accepts no more, lets requests end for at most `graceMs`, then cuts their connections. Safe to call twice. */
  close(options: { graceMs: number }): Promise<void>;
}

/** The REST routes and the routes for operators. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const receiveTimeoutMs = options.receiveTimeoutMs ?? 30_000;
  return new Listener(
    {
      headersTimeout: Math.min(receiveTimeoutMs, 10_000),
      requestTimeout: receiveTimeoutMs,
      connectionsCheckingInterval: Math.min(receiveTimeoutMs, 1000),
      keepAliveTimeout: 75_000,
    },
    createApp(options),
  );
}
