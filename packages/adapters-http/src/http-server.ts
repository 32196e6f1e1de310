import { RefusalLog } from "@gorunner/core";
import { type AppOptions, createApp } from "./app.js";
import { defaultHttpLimits, type HttpLimits } from "./connections/limits.js";
import { type Address, Listener, memoryFor } from "./connections/listener.js";

export interface HttpServerOptions extends Omit<AppOptions, "memory"> {
  /** Those that are absent are {@link defaultHttpLimits}. */
  limits?: Partial<HttpLimits>;
}

export interface HttpServer {
  /** @returns the real port. @throws RunnerError UNAVAILABLE when the address can't be listened on. */
  listen(address: Address): Promise<number>;
  /** Accepts no more, lets requests end for at most `graceMs`, then cuts their connections. Safe to call twice. */
  close(options: { graceMs: number }): Promise<void>;
}

/** The REST routes and the routes for operators. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const limits = { ...defaultHttpLimits, ...options.limits };
  const memory = memoryFor(limits);
  return new Listener({ limits, memory, refusals: new RefusalLog(options.logger, "http") }, createApp({ ...options, memory }));
}
