import {
  type Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  credentials,
  loadPackageDefinition,
  type ServiceClientConstructor,
  type ServiceError,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

/** A client made from a proto file at run time, as a stranger's would be: its methods are known by name only. */
export type LoadedClient = Client & {
  check(request: object, respond: (failure: ServiceError | null, response: { status: string }) => void): unknown;
  watch(request: object): ClientReadableStream<{ status: string }>;
  serverReflectionInfo(): ClientDuplexStream<object, ReflectionAnswer>;
};

export interface ReflectionAnswer {
  listServicesResponse?: { service: { name: string }[] };
  fileDescriptorResponse?: { fileDescriptorProto: Uint8Array[] };
  errorResponse?: { errorCode: number };
}

/** Makes a client of `service` (`grpc.health.v1.Health`) from the proto at `path`. */
export function loadedClient(path: string, service: string, address: string): LoadedClient {
  let found: unknown = loadPackageDefinition(loadSync(path, { enums: String, longs: String }));
  for (const name of service.split(".")) found = Reflect.get(Object(found), name);
  const Constructor = found as ServiceClientConstructor;
  return new Constructor(address, credentials.createInsecure(), { "grpc.enable_http_proxy": 0 }) as unknown as LoadedClient;
}
