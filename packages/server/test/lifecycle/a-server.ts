/** Real servers for the tests of the lifecycle: in this process, on free loopback ports. */

import type { Logger } from "@gorunner/core";
import { testCacheDirectory } from "@gorunner/testing";
import { parseConfig } from "../../src/config/load-config.js";
import { type Listening, Server } from "../../src/lifecycle/server.js";
import { AsyncRequestScope } from "../../src/logging/request-scope.js";

/** Kept between test runs. */
export const cacheDir = testCacheDirectory;

const environment = {
  RUNNER_DB_URI: "memory:",
  RUNNER_GRPC_PORT: "0",
  RUNNER_HTTP_PORT: "0",
  RUNNER_PROMETHEUS_ADDR: "127.0.0.1:0",
  RUNNER_EXECUTOR_CACHE_DIR: cacheDir,
  RUNNER_EXECUTOR_CONCURRENCY: "4",
};

export interface TestedServer {
  server: Server;
  /** Messages of the log, with their level. */
  log: string[];
  fatal: unknown[];
  start(): Promise<Listening & { url: string }>;
}

export function aServer(env: Record<string, string> = {}, options: { executorRetryMs?: number } = {}): TestedServer {
  const { config } = parseConfig(undefined, { ...environment, ...env });
  const log: string[] = [];
  const fatal: unknown[] = [];
  const to = (level: string) => (message: string) => void log.push(`${level} ${message}`);
  const logger: Logger = { debug() {}, info: to("info"), warn: to("warn"), error: to("error") };
  const onFatal = (error: unknown) => void fatal.push(error);
  const server = new Server({ config, logger, scope: new AsyncRequestScope(), migrate: true, onFatal, ...options });
  const start = async () => {
    const listening = await server.start();
    return { ...listening, url: `http://127.0.0.1:${listening.http.port}` };
  };
  return { server, log, fatal, start };
}

/** The status and the JSON of an answer. */
export async function call(url: string, init: RequestInit = {}): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(url, { ...init, headers: { connection: "close", ...init.headers } });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

export const post = (url: string, code: string) => call(url, { method: "POST", body: JSON.stringify({ code }) });

/** Asks again until the answer is as wanted; the test's own time limit bounds it. */
export async function until<Value>(ask: () => Promise<Value>, isWanted: (value: Value) => boolean): Promise<Value> {
  for (;;) {
    const value = await ask();
    if (isWanted(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

export const ready = (url: string) =>
  until(
    () => call(`${url}/readyz`),
    ({ status }) => status === 200,
  );

/** How many executions the server has accepted and not yet ended, by its metrics. */
export async function executions(metrics: { port: number } | undefined): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${metrics?.port}/metrics`)).text();
  const gauge = (name: string) => Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1]);
  return gauge("runner_queue_depth") + gauge("runner_executions_in_flight");
}

const program = (imports: string[], ...statements: string[]) =>
  `package main\nimport (${imports.map((name) => JSON.stringify(name)).join("; ")})\nfunc main() {\n${statements.join("\n")}\n}\n`;

export const hello = program(["fmt"], 'fmt.Println("hello")');

export const sleeps = (ms: number) => program(["fmt", "time"], `time.Sleep(${ms} * time.Millisecond)`, 'fmt.Println("slept")');
