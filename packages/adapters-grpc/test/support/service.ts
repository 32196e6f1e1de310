/** A server on a free loopback port with a real client, over the real use cases. */

import { randomBytes } from "node:crypto";
import { createRunner, noRequestScope, type Ports, type RequestScope, type Turns } from "@gorunner/core";
import { InMemorySnippetRepo } from "@gorunner/core/contract";
import { Client, credentials, type Metadata, type ServiceError } from "@grpc/grpc-js";
import {
  type CodeRequest,
  type CodeResponse,
  type DeleteCodeRequest,
  type DeleteCodeResponse,
  type IdRequest,
  RunnerClient,
  type ShareResponse,
} from "../../src/gen/runner/runner.js";
import { createGrpcServer, type GrpcLimits, StaticAdminChecker } from "../../src/index.js";
import { anExecution, executorOf, noCache, RecordingLogger, RecordingMetrics } from "./ports.js";

export async function startService(given: Partial<Ports> & { scope?: RequestScope; limits?: Partial<GrpcLimits>; turns?: Turns } = {}) {
  const { scope = noRequestScope, limits, turns, ...ports } = given;
  const metrics = new RecordingMetrics();
  const logger = new RecordingLogger();
  const useCases = createRunner({
    executor: executorOf(() => anExecution()),
    random: { bytes: randomBytes },
    snippets: new InMemorySnippetRepo(),
    cache: noCache,
    admins: new StaticAdminChecker([1n]),
    metrics,
    ...ports,
  });
  const server = createGrpcServer({
    ...{ useCases, metrics, logger, scope },
    ...(limits === undefined ? {} : { limits }),
    ...(turns === undefined ? {} : { turns }),
  });
  const port = await server.listen({ host: "127.0.0.1", port: 0 });
  const address = `127.0.0.1:${port}`;
  const client = new RunnerClient(address, credentials.createInsecure(), { "grpc.enable_http_proxy": 0 });
  return {
    server,
    metrics,
    logger,
    port,
    address,
    client,
    close: async () => {
      client.close();
      await server.close({ graceMs: 0 });
    },
  };
}

export type Service = Awaited<ReturnType<typeof startService>>;

/** Runs `body` with a fresh service and closes it whatever happens. */
export async function withService(given: Parameters<typeof startService>[0], body: (service: Service) => Promise<void>): Promise<void> {
  const service = await startService(given);
  try {
    await body(service);
  } finally {
    await service.close();
  }
}

/** How a call of grpc-js ends. */
type End<Response> = (failure: ServiceError | null, response: Response) => void;

/** A call's end as a promise. */
export function answered<Response>(call: (end: End<Response>) => unknown): Promise<Response> {
  return new Promise((resolve, reject) => {
    call((failure, response) => (failure === null ? resolve(response) : reject(failure)));
  });
}

/** The four calls as promises. */
export const callsOf = (client: RunnerClient) => ({
  runCode: (request: CodeRequest) => answered<CodeResponse>((end) => client.runCode(request, end)),
  shareCode: (request: CodeRequest) => answered<ShareResponse>((end) => client.shareCode(request, end)),
  getCodeById: (request: IdRequest) => answered<CodeResponse>((end) => client.getCodeById(request, end)),
  deleteCode: (request: DeleteCodeRequest) => answered<DeleteCodeResponse>((end) => client.deleteCode(request, end)),
});

/** Sends bytes that need be no message, and answers bytes. */
export function askRaw(address: string, path: string, bytes: Buffer, metadata?: Metadata): Promise<Buffer> {
  const client = new Client(address, credentials.createInsecure(), { "grpc.enable_http_proxy": 0 });
  const same = (value: Buffer) => value;
  return new Promise<Buffer>((resolve, reject) => {
    const end = (failure: ServiceError | null, response?: Buffer) =>
      failure === null && response !== undefined ? resolve(response) : reject(failure);
    if (metadata === undefined) client.makeUnaryRequest(path, same, same, bytes, end);
    else client.makeUnaryRequest(path, same, same, bytes, metadata, end);
  }).finally(() => client.close());
}

/** The failure with which `promise` rejects. */
export async function failureOf(promise: Promise<unknown>): Promise<ServiceError> {
  try {
    await promise;
  } catch (failure) {
    if (failure instanceof Error && "code" in failure) return failure as ServiceError;
    throw failure;
  }
  throw new Error("expected a failure");
}

/** Resolves once `condition` holds, looked at again and again for up to ten seconds. */
export async function eventually(condition: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 1000 && !condition(); attempt++) await new Promise((resolve) => setTimeout(resolve, 10));
  if (!condition()) throw new Error("it did not come to pass within ten seconds");
}
