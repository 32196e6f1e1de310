import { type Logger, RunnerError } from "@gorunner/core";
import { type RequestHandler, Router } from "express";
import { send } from "../answers/answer.js";

/** Whether the server's main job would succeed now, and if not, why. */
export type Readiness = { ready: true; executor?: Record<string, string> } | { ready: false; reason: string };

/** `/healthz` (the process lives) and `/readyz` (it can do its work). Neither is ever cached. */
export function healthRoutes({ readiness, logger }: { readiness: () => Promise<Readiness>; logger: Logger }): Router {
  const healthz: RequestHandler = (_request, response) => send(response, { httpStatus: 200, body: { status: "ok" } });

  const readyz: RequestHandler = async (_request, response) => {
    const state = await readiness().catch((failure: unknown) => unknownReadiness(failure, logger));
    if (state.ready)
      send(response, { httpStatus: 200, body: { status: "ready", ...(state.executor === undefined ? {} : { executor: state.executor }) } });
    else send(response, { httpStatus: 503, body: { status: "unavailable", reason: state.reason } });
  };

  return Router({ strict: true, caseSensitive: true }).get("/healthz", healthz).get("/readyz", readyz);
}

function unknownReadiness(failure: unknown, logger: Logger): Readiness {
  logger.error("readiness could not be found out", { err: failure });
  return { ready: false, reason: failure instanceof RunnerError ? failure.message : "readiness could not be found out" };
}
