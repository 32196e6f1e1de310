import type { Logger, Metrics, RequestScope } from "@gorunner/core";
import { Server } from "@grpc/grpc-js";
import { HealthImplementation } from "grpc-health-check";
import { bind, type ListenAddress } from "./bind.js";
import { CallFrame } from "./call-frame.js";
import { addReflection } from "./reflection.js";
import { addRunnerService, type UseCases } from "./runner-service.js";
import { shutDown } from "./shut-down.js";

export interface GrpcServerOptions {
  useCases: UseCases;
  metrics: Metrics;
  logger: Logger;
  scope: RequestScope;
  /** The largest message that is read, in bytes; grpc-js itself answers a larger one, as RESOURCE_EXHAUSTED. Default 16 MiB. */
  maxRequestBytes?: number;
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

/** Far above the 64 KiB of code that is allowed, so that who sends too much is told that, and not to come back later. */
const defaultMaxRequestBytes = 16 * 1024 * 1024;
const healthNames = ["", "runner.Runner"];

export function createGrpcServer(options: GrpcServerOptions): GrpcServer {
  const server = new Server({ "grpc.max_receive_message_length": options.maxRequestBytes ?? defaultMaxRequestBytes });
  const frame = new CallFrame(options);
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
    listen: (address) => bind(server, address),
    setServing: (serving) => {
      if (closed === undefined) setServing(serving);
    },
    close: ({ graceMs }) => {
      if (closed === undefined) {
        setServing(false);
        frame.refuseNewCalls();
        closed = shutDown(server, frame, graceMs);
      }
      return closed;
    },
  };
}
