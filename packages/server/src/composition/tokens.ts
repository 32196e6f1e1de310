/**
 * What the container holds, by type. A token is typed by what it stands for, so that a dependency in the wrong place
 * does not compile.
 */
import type { createGrpcServer } from "@gorunner/adapters-grpc";
import type { createHttpServer, createMetricsServer, PrometheusMetrics } from "@gorunner/adapters-http";
import type { SnippetStore } from "@gorunner/adapters-storage";
import type {
  AdminChecker,
  Cache,
  DeleteSnippet,
  ExpireSnippets,
  GetSnippet,
  Logger,
  RequestScope,
  RunCode,
  ShareCode,
  SnippetRepo,
  Turns,
} from "@gorunner/core";
import type { GoExecutor } from "@gorunner/executor-go";
import type { AbstractNewable } from "inversify";
import type { Config } from "../config/config.js";
import type { Readiness } from "../lifecycle/readiness.js";

export type UseCases = {
  runCode: RunCode;
  shareCode: ShareCode;
  getSnippet: GetSnippet;
  deleteSnippet: DeleteSnippet;
  expireSnippets: ExpireSnippets;
};

/** A class that stands for `Value`: of all that inversify takes as an identifier, only these carry a type. */
function token<Value>(name: string): AbstractNewable<Value> {
  const stand = { [name]: class {} }[name];
  return stand as unknown as AbstractNewable<Value>;
}

export const tokens = {
  config: token<Config>("config"),
  logger: token<Logger>("logger"),
  scope: token<RequestScope>("scope"),
  turns: token<Turns>("turns"),
  metrics: token<PrometheusMetrics>("metrics"),
  store: token<SnippetStore>("store"),
  snippets: token<SnippetRepo>("snippets"),
  cache: token<Cache>("cache"),
  admins: token<AdminChecker>("admins"),
  executor: token<GoExecutor>("executor"),
  useCases: token<UseCases>("useCases"),
  readiness: token<Readiness>("readiness"),
  grpcServer: token<ReturnType<typeof createGrpcServer>>("grpcServer"),
  httpServer: token<ReturnType<typeof createHttpServer>>("httpServer"),
  metricsServer: token<ReturnType<typeof createMetricsServer>>("metricsServer"),
};
