/**
 * The parts of a server, each made when it is first asked for. In what order they start and stop is written in
 * `lifecycle/server.ts`; the container is never asked to close anything, for it would close all at once.
 */
import "reflect-metadata";
import type { Logger, RequestScope } from "@gorunner/core";
import { Container } from "inversify";
import type { Config } from "../config/config.js";
import { coreModule } from "./core-module.js";
import { executorModule } from "./executor-module.js";
import { grpcModule } from "./grpc-module.js";
import { httpModule } from "./http-module.js";
import { storageModule } from "./storage-module.js";
import { tokens } from "./tokens.js";

export interface Given {
  config: Config;
  logger: Logger;
  scope: RequestScope;
}

export function createContainer({ config, logger, scope }: Given): Container {
  const container = new Container();
  container.bind(tokens.config).toConstantValue(config);
  container.bind(tokens.logger).toConstantValue(logger);
  container.bind(tokens.scope).toConstantValue(scope);
  container.load(coreModule, storageModule, grpcModule, httpModule, executorModule);
  return container;
}
