import { createHttpServer, createMetricsServer, PrometheusMetrics } from "@gorunner/adapters-http";
import { ContainerModule } from "inversify";
import { tokens } from "./tokens.js";

export const httpModule = new ContainerModule(({ bind }) => {
  bind(tokens.metrics)
    .toResolvedValue(() => new PrometheusMetrics())
    .inSingletonScope();

  bind(tokens.metricsServer)
    .toResolvedValue(
      ({ cors }, metrics, logger) => createMetricsServer({ metrics, logger, cors }),
      [tokens.config, tokens.metrics, tokens.logger],
    )
    .inSingletonScope();

  bind(tokens.httpServer)
    .toResolvedValue(
      ({ http, cors }, useCases, metrics, logger, scope, readiness, turns) =>
        createHttpServer({
          useCases,
          metrics,
          logger,
          scope,
          turns,
          bodyLimitBytes: http.bodyLimitBytes,
          limits: http.limits,
          readiness: () => readiness.check(),
          cors,
        }),
      [tokens.config, tokens.useCases, tokens.metrics, tokens.logger, tokens.scope, tokens.readiness, tokens.turns],
    )
    .inSingletonScope();
});
