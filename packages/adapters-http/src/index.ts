/** REST over HTTP with grpc-gateway's JSON, the API's documentation, and Prometheus metrics. */
export { defaultHttpLimits, type HttpLimits } from "./connections/limits.js";
export type { Address } from "./connections/listener.js";
export { createHttpServer, type HttpServer, type HttpServerOptions } from "./http-server.js";
export { createMetricsServer, type MetricsServer } from "./metrics/metrics-server.js";
export { PrometheusMetrics } from "./metrics/prometheus-metrics.js";
export type { Readiness } from "./operators/health.js";
export { type CorsOptions, readAllowedHost, readAllowedOrigin } from "./origin/allow-list.js";
export type { RestUseCases } from "./routes.js";
