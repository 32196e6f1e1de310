/** Small ports for the real use cases: what a route does is tested, not Go and not a database. */
import { AsyncLocalStorage } from "node:async_hooks";
import {
  type Cache,
  type CodeExecutor,
  defaultLimits,
  type Execution,
  encodeUtf8,
  type LogFields,
  type Logger,
  type Metrics,
  type RequestScope,
} from "@gorunner/core";

export const noCache: Cache = { async get() {}, async fill() {}, async fillAbsent() {}, async bury() {} };

export function anExecution(fields: Partial<Execution> = {}): Execution {
  return {
    outcome: "ok",
    exitCode: 0,
    stdout: encodeUtf8("Hello RunCode!\n"),
    stderr: encodeUtf8(""),
    events: [],
    droppedBytes: 0,
    diagnostics: [],
    timings: { queueMs: 0, fetchMs: 0, buildMs: 50, runMs: 2 },
    usage: { cpuMs: 1, peakMemoryBytes: 1_000_000 },
    toolchain: "go1.26.8",
    limits: defaultLimits,
    ...fields,
  };
}

export const anExecutor = (fields: Partial<Execution> = {}): CodeExecutor => ({ execute: async () => anExecution(fields) });

export interface LogLine extends LogFields {
  level: "debug" | "info" | "warn" | "error";
  message: string;
  requestId: string | undefined;
}

/** A logger that keeps its lines, each with the id of the scope that it was written in. */
export function recordingLogger(): { logger: Logger; scope: RequestScope; lines: LogLine[] } {
  const lines: LogLine[] = [];
  const scopes = new AsyncLocalStorage<string>();
  const at = (level: LogLine["level"]) => (message: string, fields?: LogFields) => {
    lines.push({ ...fields, level, message, requestId: scopes.getStore() });
  };
  return {
    logger: { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") },
    scope: { run: (id, work) => scopes.run(id, work) },
    lines,
  };
}

export type HandledRequest = Parameters<Metrics["requestHandled"]>[0];

export function recordingMetrics(): { metrics: Metrics; requests: HandledRequest[] } {
  const requests: HandledRequest[] = [];
  const ignore = () => {};
  return {
    metrics: {
      requestHandled: (request) => void requests.push(request),
      executionEnded: ignore,
      buildCacheLookedUp: ignore,
      snippetCacheLookedUp: ignore,
      ssoAnswered: ignore,
      storeMeasured: ignore,
      executorLoadChanged: ignore,
    },
    requests,
  };
}
