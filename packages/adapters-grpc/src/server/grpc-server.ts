import { setImmediate } from "node:timers/promises";
import type { Logger, Metrics, RequestScope, Turns } from "@gorunner/core";
import { Server, type ServerOptions } from "@grpc/grpc-js";
import { HealthImplementation } from "grpc-health-check";
import { CallFrame } from "./call-frame.js";
import { Connections } from "./connections.js";
import { defaultGrpcLimits, type GrpcLimits } from "./limits.js";
import { type ListenAddress, TcpListener } from "./listener.js";
import { addReflection } from "./reflection.js";
import { addRunnerService, type UseCases, unaryPaths } from "./runner-service.js";
import { shutDown } from "./shut-down.js";

export interface GrpcServerOptions {
  useCases: UseCases;
  metrics: Metrics;
  logger: Logger;
  scope: RequestScope;
  /** Before each message is read; default: turns of the event loop that it does not share with other parts. */
  turns?: Turns;
  /** Those that are absent are {@link defaultGrpcLimits}. */
  limits?: Partial<GrpcLimits>;
}

/** A server of `runner.Runner`, with health and reflection. It is NOT_SERVING until told otherwise. */
export interface GrpcServer {
  /** @returns the port. @throws RunnerError UNAVAILABLE when the address can't be had. */
  listen(address: ListenAddress): Promise<number>;
  /** What `grpc.health.v1.Health` answers, for the server (`""`) and for `runner.Runner`. Calls are taken either way. */
  setServing(serving: boolean): void;
  /**
   * Takes no new call, lets those under way end for at most `graceMs`, then cancels them. Resolves when all is closed,
   * shortly after that at the latest. A second call joins the first.
   */
  close(options: { graceMs: number }): Promise<void>;
}

const healthNames = ["", "runner.Runner"];

export function createGrpcServer(options: GrpcServerOptions): GrpcServer {
  const limits = { ...defaultGrpcLimits, ...options.limits };
  const server = new Server(serverOptions(limits));
  const connections = new Connections(server, { limits, logger: options.logger, unaryPaths });
  const listener = new TcpListener((socket) => connections.accept(socket));
  const frame = new CallFrame({ turns: { next: () => setImmediate() }, ...options }, connections);
  const health = new HealthImplementation();
  const setServing = (serving: boolean) => {
    for (const name of healthNames) health.setStatus(name, serving ? "SERVING" : "NOT_SERVING");
  };
  setServing(false);
  addRunnerService(server, frame, options.useCases);
  health.addToServer(server);
  addReflection(server);

  let closed: Promise<void> | undefined;
  return {
    listen: (address) => listener.listen(address),
    setServing: (serving) => {
      if (closed === undefined) setServing(serving);
    },
    close: ({ graceMs }) => {
      if (closed === undefined) {
        setServing(false);
        frame.refuseNewCalls();
        closed = shutDown({ server, listener, connections, frame }, graceMs);
      }
      return closed;
    },
  };
}

/** What grpc-js bounds itself. */
function serverOptions(limits: GrpcLimits): ServerOptions {
  return {
    // Of a message that decompresses to more; what is larger as it comes, OpenCall refuses.
    "grpc.max_receive_message_length": limits.maxRequestBytes,
    "grpc.max_concurrent_streams": limits.maxStreams,
    "grpc.max_connection_idle_ms": limits.idleTimeoutMs,
    "grpc.max_connection_age_ms": limits.connectionAgeMs,
    "grpc.max_connection_age_grace_ms": ageGraceMs,
    "grpc.keepalive_time_ms": keepaliveMs,
    "grpc.keepalive_timeout_ms": keepaliveTimeoutMs,
  };
}

/** Longer than any call lasts that has an end. */
const ageGraceMs = 5 * 60_000;
/** So that a connection whose client is gone without a word does not stay while it has a call. */
const keepaliveMs = 2 * 60_000;
const keepaliveTimeoutMs = 20_000;
