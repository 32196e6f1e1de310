import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { withService } from "./support/service.js";

/** What a client of HTTP/2 begins with, and an empty SETTINGS frame. */
const http2Start = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/**
 * Without TLS no browser speaks HTTP/2, so the most that a web page can send here is HTTP/1 with a body of its choice.
 * That is why this port needs no check of Origin and Host.
 */
describe("A web page at the gRPC port", () => {
  for (const [what, request] of Object.entries({
    "a POST":
      "POST /runner.Runner/RunCode HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/grpc\r\nContent-Length: 5\r\n\r\n\0\0\0\0\0",
    "a POST whose body is HTTP/2": `POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${http2Start.length}\r\n\r\n${http2Start}`,
    "an upgrade to HTTP/2":
      "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
    "a WebSocket":
      "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  })) {
    it(`calls nothing, and is told what the port speaks: ${what}`, () =>
      withService({}, async ({ port, metrics }) => {
        const socket = connect({ host: "127.0.0.1", port });
        // The server may reset the connection; `close` follows.
        socket.on("error", () => {});
        let received = "";
        socket.setEncoding("latin1").on("data", (text: string) => {
          received += text;
        });
        socket.write(request, "latin1");
        await once(socket, "close");
        assert.match(received, /^HTTP\/1\.1 400 .*this port speaks gRPC/s);
        assert.doesNotMatch(received, /grpc-status|access-control/i);
        assert.deepEqual(metrics.requests, []);
      }));
  }
});
