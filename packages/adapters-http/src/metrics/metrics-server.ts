import { type Logger, RefusalLog } from "@gorunner/core";
import express, { type ErrorRequestHandler, type Request } from "express";
import { defaultHttpLimits } from "../connections/limits.js";
import { type Address, Listener } from "../connections/listener.js";
import { AllowList, type CorsOptions, ownPagesOnly } from "../origin/allow-list.js";
import { foreignPageRefusal } from "../origin/foreign-page.js";
import { isolation } from "../origin/headers.js";
import type { PrometheusMetrics } from "./prometheus-metrics.js";

export interface MetricsServer {
  /** @returns the real port. @throws RunnerError UNAVAILABLE when the address can't be listened on. */
  listen(address: Address): Promise<number>;
  /** Accepts no more, lets scrapes end for at most `graceMs`, then cuts their connections. Safe to call twice. */
  close(options: { graceMs: number }): Promise<void>;
}

export interface MetricsServerOptions {
  metrics: PrometheusMetrics;
  logger: Logger;
  /** Whose web pages may ask for metrics, none of which can read them; absent: the server's own alone. */
  cors?: CorsOptions;
}

/** `GET /metrics`, and nothing else, on a port of its own. */
export function createMetricsServer({ metrics, logger, cors = ownPagesOnly }: MetricsServerOptions): MetricsServer {
  const app = express();
  for (const off of ["x-powered-by", "etag", "query parser"]) app.disable(off);
  const allowed = new AllowList(cors);

  app.use(isolation, (request, response, next) => {
    const refusal = foreignPageRefusal(request, allowed);
    if (refusal === undefined) next();
    else
      response
        .status(refusal.code === "PERMISSION_DENIED" ? 403 : 400)
        .type("text")
        .send(`${refusal.message}\n`);
  });
  app.get("/metrics", async (request, response) => {
    const { contentType, text } = await metrics.render(formatFor(request));
    response.setHeader("Content-Type", contentType);
    response.vary("Accept");
    response.end(text);
  });
  app.all(
    "/metrics",
    (_request, response) => void response.status(405).set("Allow", "GET, HEAD").type("text").send("method not allowed\n"),
  );
  app.use((_request, response) => void response.status(404).type("text").send("not found; the metrics are at /metrics\n"));
  app.use(answerFailure(logger));

  return new Listener({ limits, refusals: new RefusalLog(logger, "metrics") }, app);
}

/** A few scrapers, each with a connection or two. */
const limits = { ...defaultHttpLimits, maxConnections: 64, maxConnectionsPerPeer: 32, receiveTimeoutMs: 10_000 };

/** The first format of the two in the order of the client's preference; versions and other parameters are overlooked. */
function formatFor(request: Request): "prometheus" | "openmetrics" {
  for (const type of request.accepts()) {
    if (type === "application/openmetrics-text") return "openmetrics";
    if (type === "text/plain" || type === "text/*" || type === "*/*") return "prometheus";
  }
  return "prometheus";
}

function answerFailure(logger: Logger): ErrorRequestHandler {
  return (failure: unknown, _request, response, _next) => {
    logger.error("metrics could not be served", { err: failure });
    if (response.headersSent) response.destroy();
    else response.status(500).type("text").send("internal error\n");
  };
}
