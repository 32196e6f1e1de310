import { EventEmitter } from "node:events";
import type { Http2Server } from "node:http2";
import { type ConnectionInjector, type Server, ServerCredentials } from "@grpc/grpc-js";

/** The HTTP/2 server inside a gRPC server, which listens nowhere: connections are given to it. */
export interface InnerServer {
  http2: Http2Server;
  injector: ConnectionInjector;
}

/**
 * grpc-js can be given connections, but it shows neither their sessions nor their streams, and bounds neither. They are
 * events of its HTTP/2 server, which it keeps in a private field; its version is pinned, and another one fails here at start.
 */
export function innerServerOf(server: Server): InnerServer {
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const servers: unknown = Reflect.get(server, "http2Servers");
  const [http2]: unknown[] = servers instanceof Map ? [...servers.keys()] : [];
  if (!isHttp2Server(http2)) throw new Error("this version of @grpc/grpc-js keeps its HTTP/2 server elsewhere");
  return { http2, injector };
}

const isHttp2Server = (value: unknown): value is Http2Server => value instanceof EventEmitter && "updateSettings" in value;
