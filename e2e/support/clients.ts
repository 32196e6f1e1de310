/** Real clients, reduced to one shape so that a rule can be told for both transports at once. */
import { RunnerClient } from "@gorunner/adapters-grpc/proto/runner";
import { type CallOptions, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";

export interface CodeAnswer {
  code: string;
  output: string;
  error: string;
}

/** An answer that is an error: the gRPC code by name, and what goes with it. */
export class CallError extends Error {
  readonly code: string;
  /** The HTTP status; undefined over gRPC. */
  readonly httpStatus: number | undefined;
  /** Seconds after which to come back. */
  readonly retryAfter: string | undefined;

  constructor(facts: { code: string; message: string; httpStatus?: number; retryAfter?: string | undefined }) {
    super(facts.message);
    this.code = facts.code;
    this.httpStatus = facts.httpStatus;
    this.retryAfter = facts.retryAfter;
  }
}

export interface CallLimits {
  signal?: AbortSignal;
  timeoutMs?: number;
}

export interface Client {
  name: "gRPC" | "REST";
  runCode(code: string, limits?: CallLimits): Promise<CodeAnswer>;
  shareCode(code: string): Promise<bigint>;
  getCode(id: bigint): Promise<CodeAnswer>;
  deleteCode(id: bigint, user: bigint, limits?: CallLimits): Promise<boolean>;
  close(): void;
}

export function clientsOf(server: { grpc: string; rest: string }): Client[] {
  return [grpcClient(server.grpc), restClient(server.rest)];
}

export function grpcClient(address: string): Client {
  const client = new RunnerClient(address, credentials.createInsecure());
  const call = <Request, Response>(
    rpc: (
      request: Request,
      metadata: Metadata,
      options: CallOptions,
      done: (error: ServiceError | null, response: Response) => void,
    ) => { cancel(): void },
    request: Request,
    limits: CallLimits = {},
  ) =>
    new Promise<Response>((resolve, reject) => {
      const options = limits.timeoutMs === undefined ? {} : { deadline: Date.now() + limits.timeoutMs };
      const running = rpc.call(client, request, new Metadata(), options, (error, response) =>
        error ? reject(grpcError(error)) : resolve(response),
      );
      limits.signal?.addEventListener("abort", () => running.cancel());
    });
  return {
    name: "gRPC",
    runCode: (code, limits) => call(client.runCode, { code }, limits),
    shareCode: async (code) => (await call(client.shareCode, { code })).id,
    getCode: (id) => call(client.getCodeById, { id }),
    deleteCode: async (id, userId, limits) => (await call(client.deleteCode, { id, userId }, limits)).success,
    close: () => client.close(),
  };
}

function grpcError(error: ServiceError): CallError {
  return new CallError({ code: status[error.code], message: error.details, retryAfter: error.metadata.get("retry-after")[0]?.toString() });
}

export function restClient(url: string): Client {
  const call = async (method: string, path: string, body?: unknown, limits: CallLimits = {}) => {
    const response = await fetch(`${url}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(limits.signal === undefined ? {} : { signal: limits.signal }),
      ...(limits.timeoutMs === undefined ? {} : { headers: { "Grpc-Timeout": `${limits.timeoutMs}m` } }),
    });
    const answer = (await response.json()) as Record<string, unknown>;
    if (!response.ok) {
      const retryAfter = response.headers.get("retry-after") ?? undefined;
      throw new CallError({
        code: status[Number(answer["code"])] ?? "?",
        message: String(answer["message"]),
        httpStatus: response.status,
        retryAfter,
      });
    }
    return answer;
  };
  return {
    name: "REST",
    runCode: async (code, limits) => (await call("POST", "/run", { code }, limits)) as unknown as CodeAnswer,
    shareCode: async (code) => BigInt(String((await call("POST", "/share", { code }))["id"])),
    getCode: async (id) => (await call("GET", `/shared/${id}`)) as unknown as CodeAnswer,
    deleteCode: async (id, user, limits) => (await call("DELETE", `/shared/${id}?user_id=${user}`, undefined, limits))["success"] === true,
    close: () => {},
  };
}
