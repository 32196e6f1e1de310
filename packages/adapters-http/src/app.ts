import { setImmediate } from "node:timers/promises";
import {
  asRunnerError,
  type ErrorCode,
  type FairShare,
  type Logger,
  type Metrics,
  type RequestScope,
  type RunnerError,
  type Turns,
} from "@gorunner/core";
import express, { type ErrorRequestHandler, type Express, type Request, type RequestHandler, type Response } from "express";
import { send } from "./answers/answer.js";
import { errorAnswer } from "./answers/error-answer.js";
import { HttpRefusal, methodNotAllowed, routeNotFound } from "./answers/refusal.js";
import { readBody } from "./call/read-body.js";
import { serveCall } from "./call/serve-call.js";
import { documentationRoutes } from "./operators/documentation.js";
import { healthRoutes, type Readiness } from "./operators/health.js";
import { AllowList, type CorsOptions, ownPagesOnly } from "./origin/allow-list.js";
import { foreignPageRefusal } from "./origin/foreign-page.js";
import { isolation, sharing } from "./origin/headers.js";
import { requestIdFrom } from "./request-id.js";
import { type RestUseCases, type Route, routesTo } from "./routes.js";

export interface AppOptions {
  useCases: RestUseCases;
  metrics: Metrics;
  logger: Logger;
  scope: RequestScope;
  /** The largest body that is read, after decompression. */
  bodyLimitBytes: number;
  /** What bodies that arrive hold is taken from it. */
  memory: FairShare;
  readiness: () => Promise<Readiness>;
  /** Between slices of work on long texts; default: turns of the event loop that it does not share with other parts. */
  turns?: Turns;
  /** Whose web pages may use the API; absent: the server's own alone. */
  cors?: CorsOptions;
}

type SettledOptions = AppOptions & { turns: Turns };

/** The routes of the HTTP port. Paths match exactly, as grpc-gateway's do: case counts, and so does a last slash. */
export function createApp(given: AppOptions): Express {
  const options: SettledOptions = { turns: { next: () => setImmediate() }, ...given };
  const app = express();
  for (const off of ["x-powered-by", "etag", "query parser"]) app.disable(off);
  for (const on of ["case sensitive routing", "strict routing"]) app.enable(on);

  const allowed = new AllowList(options.cors ?? ownPagesOnly);
  app.use(identify(options.scope), isolation, healthRoutes(options));
  app.use(refuseForeignPages(allowed, options), ...sharing(allowed), refuseMalformedPath(options), documentationRoutes());
  const routes = routesTo(options.useCases, options.turns);
  for (const path of new Set(routes.map((route) => route.path))) {
    const here = routes.filter((route) => route.path === path);
    const resource = app.route(expressPaths[path]);
    for (const route of here) resource[route.method](serveRoute(route, options));
    resource.all(allow(here), refuse(methodNotAllowed, options));
  }
  app.use(refuse(routeNotFound, options));
  app.use(answerUnforeseen(options));
  return app;
}

/** An empty `{id}` is a bad id, as for grpc-gateway, and not another route. */
const expressPaths: Record<Route["path"], string | string[]> = {
  "/run": "/run",
  "/share": "/share",
  "/shared/{id}": ["/shared/:id", "/shared/"],
};

/** Gives every request its id, and a scope of its own from here on. */
function identify(scope: RequestScope): RequestHandler {
  return (request, response, next) => {
    const id = requestIdFrom(request.get("x-request-id"));
    response.locals["requestId"] = id;
    response.setHeader("X-Request-Id", id);
    scope.run(id, next);
  };
}

const requestIdOf = (response: Response) => String(response.locals["requestId"]);

function serveRoute(route: Route, options: SettledOptions): RequestHandler {
  return (request, response) =>
    serveCall(
      {
        method: route.rpc,
        serve: (signal) =>
          route.serve({
            id: String(request.params["id"] ?? ""),
            query: queryOf(request),
            caller: request.socket.remoteAddress ?? "",
            readBody: () => readBody(request, { maxBytes: options.bodyLimitBytes, memory: options.memory }),
            signal,
          }),
      },
      { request, response, requestId: requestIdOf(response) },
      options,
    );
}

function queryOf(request: Request): string {
  const at = request.url.indexOf("?");
  return at < 0 ? "" : request.url.slice(at + 1);
}

function refuseForeignPages(allowed: AllowList, options: SettledOptions): RequestHandler {
  return (request, response, next) => {
    const refusal = foreignPageRefusal(request, allowed);
    if (refusal === undefined) next();
    else refuse(() => refusal, options)(request, response, next);
  };
}

/** Refuses a call that belongs to no rpc; it is counted all the same. */
function refuse(refusal: () => RunnerError, options: SettledOptions): RequestHandler {
  return (request, response) =>
    serveCall(
      {
        method: "unknown",
        serve: async () => {
          throw refusal();
        },
      },
      { request, response, requestId: requestIdOf(response) },
      options,
    );
}

function refuseMalformedPath(options: SettledOptions): RequestHandler {
  const refuseIt = refuse(() => new HttpRefusal("the path has a malformed percent-encoding", { httpStatus: 400 }), options);
  return (request, response, next) => (isDecodable(request.path) ? next() : refuseIt(request, response, next));
}

function isDecodable(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch (failure) {
    if (failure instanceof URIError) return false;
    throw failure;
  }
}

/** Names the methods that there are (RFC 9110, 10.2.1). */
function allow(routes: Route[]): RequestHandler {
  const methods = routes.map(({ method }) => (method === "get" ? "GET, HEAD" : method.toUpperCase())).join(", ");
  return (_request, response, next) => {
    response.setHeader("Allow", methods);
    next();
  };
}

/** The last resort: what a route for operators, or express itself, threw. */
function answerUnforeseen({ logger }: AppOptions): ErrorRequestHandler {
  return (thrown: unknown, _request, response, _next) => {
    const error = expressRefusal(thrown) ?? asRunnerError(thrown);
    if (error.code === "INTERNAL") logger.error("request failed", { method: "unknown", err: error });
    if (response.headersSent) response.destroy();
    else send(response, errorAnswer(error, requestIdOf(response)));
  };
}

/** Express tells a client's mistake by an error with a status below 500. */
function expressRefusal(thrown: unknown): RunnerError | undefined {
  if (!(thrown instanceof Error && "status" in thrown && typeof thrown.status === "number")) return undefined;
  if (thrown.status < 400 || thrown.status > 499) return undefined;
  const code: ErrorCode = thrown.status === 404 ? "NOT_FOUND" : "INVALID_ARGUMENT";
  return new HttpRefusal("the request can't be served", { httpStatus: thrown.status, code, cause: thrown });
}
