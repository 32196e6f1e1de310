import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { Server } from "@grpc/grpc-js";
import { Connections } from "../src/server/connections.js";
import { innerServerOf } from "../src/server/http2-server.js";
import { defaultGrpcLimits } from "../src/server/limits.js";
import { RecordingLogger } from "./support/ports.js";
import { eventually } from "./support/service.js";

describe("Connections", () => {
  it("does not take the next client's session for that of a connection which came to have none", async () => {
    const server = new Server();
    const connections = new Connections(server, { limits: defaultGrpcLimits, logger: new RecordingLogger(), unaryPaths: new Set() });
    const { http2 } = innerServerOf(server);
    const waitedBefore = http2.listenerCount("session");
    const begun = once(http2, "connection");
    // Node makes no session for a socket that has agreed on no protocol.
    const listener = createServer((socket) => connections.accept(Object.assign(socket, { alpnProtocol: false })));
    listener.listen(0, "127.0.0.1");
    await once(listener, "listening");
    const client = connect((listener.address() as AddressInfo).port, "127.0.0.1").on("error", () => {});
    client.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    await begun;
    await eventually(() => http2.listenerCount("session") === waitedBefore);
    client.destroy();
    connections.destroy();
    listener.close();
    server.forceShutdown();
  });
});
