import { randomBytes } from "node:crypto";
import { type AdminChecker, type CodeExecutor, createRunner, type SnippetRepo } from "@gorunner/core";
import { InMemorySnippetRepo } from "@gorunner/core/contract";
import { type CorsOptions, createHttpServer, type HttpLimits, type HttpServer, type Readiness } from "../../src/index.js";
import { anExecutor, type HandledRequest, type LogLine, noCache, recordingLogger, recordingMetrics } from "./in-test-ports.js";

/** What can be sent as a request's body. */
export type Body = NonNullable<RequestInit["body"]>;

export interface TestServer {
  url: string;
  port: number;
  server: HttpServer;
  lines: LogLine[];
  requests: HandledRequest[];
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** Sends `body` as it is, with the Content-Type that `curl -d` sends. */
  post(path: string, body: Body, headers?: Record<string, string>): Promise<Response>;
  stop(): Promise<void>;
}

interface Parts {
  executor: CodeExecutor;
  snippets: SnippetRepo;
  admins: AdminChecker;
  readiness: () => Promise<Readiness>;
  bodyLimitBytes: number;
  limits: Partial<HttpLimits>;
  cors: CorsOptions;
  /** Where it listens; default 127.0.0.1. */
  host: string;
}

export const onlyUserOneIsAdmin: AdminChecker = { isAdmin: async (user) => user === 1n };

/** A listening server over the real use cases; every part can be replaced. */
export async function startServer(parts: Partial<Parts> = {}): Promise<TestServer> {
  const { logger, scope, lines } = recordingLogger();
  const { metrics, requests } = recordingMetrics();
  const useCases = createRunner({
    executor: parts.executor ?? anExecutor(),
    random: { bytes: randomBytes },
    snippets: parts.snippets ?? new InMemorySnippetRepo(),
    cache: noCache,
    admins: parts.admins ?? onlyUserOneIsAdmin,
    metrics,
  });
  const server = createHttpServer({
    useCases,
    metrics,
    logger,
    scope,
    bodyLimitBytes: parts.bodyLimitBytes ?? 1024 * 1024,
    readiness: parts.readiness ?? (async () => ({ ready: true })),
    ...(parts.limits === undefined ? {} : { limits: parts.limits }),
    ...(parts.cors === undefined ? {} : { cors: parts.cors }),
  });
  const port = await server.listen({ host: parts.host ?? "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${port}`;
  const send = (path: string, init?: RequestInit) => fetch(url + path, init);
  return {
    url,
    port,
    server,
    lines,
    requests,
    fetch: send,
    post: (path, body, headers = {}) =>
      send(path, { method: "POST", body, headers: { "Content-Type": "application/x-www-form-urlencoded", ...headers } }),
    stop: () => server.close({ graceMs: 0 }),
  };
}

/** Starts a server, hands it to `body`, and stops it whatever happens. */
export async function withServer(parts: Partial<Parts>, body: (server: TestServer) => Promise<void>): Promise<void> {
  const server = await startServer(parts);
  try {
    await body(server);
  } finally {
    await server.stop();
  }
}

export const hello = JSON.stringify({ code: "package main\n\nfunc main() {}\n" });

/** Resolves when `condition` holds; the caller's own test timeout is the limit. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}
