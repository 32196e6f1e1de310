import assert from "node:assert/strict";
import { postHead, RawConnection } from "./support/raw-request.js";
import { hello, until, withServer } from "./support/test-server.js";

const mib = 1024 * 1024;
const chunkedHead = (path: string) => `POST ${path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n`;
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;

describe("how a body arrives", () => {
  for (const path of ["/run", "/healthz", "/nowhere"]) {
    it(`in thousands of tiny chunks ends the connection, at ${path}`, () =>
      withServer({}, async ({ port }) => {
        const client = new RawConnection(port);
        client.write(chunkedHead(path) + chunk(" ").repeat(1500));
        await client.ended;
        if (path === "/run") assert.match(client.received, /^HTTP\/1.1 400 .*"code":3,.*chunks/s);
      }));
  }

  it("in as many chunks as a program makes that writes line by line is no matter", () =>
    withServer({}, async ({ port }) => {
      for (const body of [chunk(" ").repeat(900), chunk(" ".repeat(80)).repeat(3000)]) {
        const client = new RawConnection(port);
        client.write(chunkedHead("/run") + body + chunk(hello) + chunk(""));
        await until(() => client.received.includes("\r\n\r\n{"));
        assert.match(client.received, /^HTTP\/1.1 200 /);
        client.close();
      }
    }));

  it("is refused by the length that it declares, before any of it has come, when memory is used up", () =>
    withServer({ limits: { maxBufferBytes: 8 * mib } }, async ({ port, requests }) => {
      const clients = Array.from({ length: 12 }, () => new RawConnection(port));
      for (const client of clients) client.write(postHead("/run", mib));
      await until(() => requests.length === 8);
      assert.deepEqual(new Set(requests.map(({ code }) => code)), new Set(["RESOURCE_EXHAUSTED"]));
      await until(() => clients.filter(({ received }) => received.startsWith("HTTP/1.1 429 ")).length === 8);
      for (const client of clients) client.close();
    }));

  it("is refused by the length that it declares when there can't be room for it", () =>
    withServer({ limits: { maxBufferBytes: mib } }, async ({ port }) => {
      const client = new RawConnection(port);
      client.write(postHead("/run", mib));
      await client.ended;
      assert.match(client.received, /^HTTP\/1.1 429 .*"code":8/s);
    }));

  for (const [what, path, status] of [
    ["was refused", "/run", 413],
    ["nobody reads", "/nowhere", 404],
  ] as const) {
    it(`is not read to its end when it ${what}: the client gets its answer, and is cut`, () =>
      withServer({ bodyLimitBytes: 1000 }, async ({ port }) => {
        const client = new RawConnection(port);
        const bytes = 64 * mib;
        client.write(postHead(path, bytes));
        client.write(Buffer.alloc(bytes, " "));
        await client.ended;
        assert.match(client.received, new RegExp(`^HTTP/1.1 ${status} .*Connection: close`, "s"));
        assert.ok(client.socket.writableLength > 0 || client.socket.errored !== null);
      }));
  }

  it("that was refused, and is short, costs no connection", () =>
    withServer({ bodyLimitBytes: 1000 }, async ({ port }) => {
      const client = new RawConnection(port);
      client.write(postHead("/run", 2000) + " ".repeat(2000));
      client.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
      await client.ended;
      assert.match(client.received, /^HTTP\/1.1 413 .*HTTP\/1.1 200 /s);
    }));
});
