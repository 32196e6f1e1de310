import assert from "node:assert/strict";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { postHead, RawConnection } from "./support/raw-request.js";
import { hello, until, withServer } from "./support/test-server.js";

const limit = { bodyLimitBytes: 1000 };

async function statusAndCode(response: Response): Promise<[number, number]> {
  const { code } = (await response.json()) as { code: number };
  return [response.status, code];
}

describe("a request's body", () => {
  const contentTypes = [
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/plain; charset=latin1",
    "nonsense",
  ];
  for (const type of contentTypes) {
    it(`is JSON in UTF-8 also as "${type}"`, () =>
      withServer({}, async ({ post }) => {
        const response = await post("/run", JSON.stringify({ code: "// ü🙂" }), { "Content-Type": type });
        assert.equal(((await response.json()) as { code: string }).code, "// ü🙂");
      }));
  }

  it("may come in chunks of unknown length", () =>
    withServer({}, async ({ port }) => {
      const client = new RawConnection(port);
      client.write("POST /run HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n");
      for (const character of hello) client.write(`1\r\n${character}\r\n`);
      client.write("0\r\n\r\n");
      await client.ended;
      assert.match(client.received, /^HTTP\/1.1 200 /);
    }));

  it("is taken at the limit and refused a byte above it, with 413", () =>
    withServer(limit, async ({ post }) => {
      assert.equal((await post("/run", hello.padEnd(1000))).status, 200);
      assert.deepEqual(await statusAndCode(await post("/run", hello.padEnd(1001))), [413, 3]);
    }));

  it("over the limit is refused also when its length was not declared", () =>
    withServer(limit, async ({ port }) => {
      const client = new RawConnection(port);
      client.write("POST /run HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
      client.write(`400\r\n${" ".repeat(0x400)}\r\n`);
      await until(() => client.received.includes("\r\n\r\n{"));
      assert.match(client.received, /^HTTP\/1.1 413 .*"code":3/s);
      client.close();
    }));

  it("over the limit is answered before it has been sent", () =>
    withServer(limit, async ({ port }) => {
      const client = new RawConnection(port);
      client.write(postHead("/run", 1_000_000));
      await until(() => client.received.includes("\r\n\r\n{"));
      assert.match(client.received, /^HTTP\/1.1 413 /);
      client.close();
    }));

  it("of some megabytes over the limit does not cost the client its answer", () =>
    withServer(limit, async ({ post, fetch }) => {
      assert.deepEqual(await statusAndCode(await post("/run", "x".repeat(3_000_000))), [413, 3]);
      assert.equal((await fetch("/healthz")).status, 200);
    }));

  const compressions: Record<string, (text: string) => Uint8Array> = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync };
  for (const [encoding, compress] of Object.entries(compressions)) {
    it(`may be compressed with ${encoding}`, () =>
      withServer(limit, async ({ post }) => {
        assert.equal((await post("/run", Buffer.from(compress(hello)), { "Content-Encoding": encoding })).status, 200);
      }));

    it(`as a bomb in ${encoding} ends at the limit, counted after inflation`, () =>
      withServer({ bodyLimitBytes: 100_000 }, async ({ post }) => {
        const bomb = Buffer.from(compress(" ".repeat(20_000_000)));
        assert.ok(bomb.length < 100_000);
        assert.deepEqual(await statusAndCode(await post("/run", bomb, { "Content-Encoding": encoding })), [413, 3]);
      }));

    it(`that is no ${encoding} but says so, or is cut off, is INVALID_ARGUMENT`, () =>
      withServer(limit, async ({ post }) => {
        const cut = Buffer.from(compress(hello)).subarray(0, -5);
        for (const body of [Buffer.from(hello), cut]) {
          assert.deepEqual(await statusAndCode(await post("/run", body, { "Content-Encoding": encoding })), [400, 3]);
        }
      }));
  }

  for (const encoding of ["compress", "gzip, br", "utf-8"]) {
    it(`in the encoding "${encoding}" is refused with 415`, () =>
      withServer(limit, async ({ post }) => {
        assert.deepEqual(await statusAndCode(await post("/run", hello, { "Content-Encoding": encoding })), [415, 3]);
      }));
  }

  it("that stops coming ends the connection, after the time for receiving", () =>
    withServer({ limits: { receiveTimeoutMs: 100 } }, async ({ port, requests }) => {
      const client = new RawConnection(port);
      client.write(`${postHead("/run", 100)}{`);
      await client.ended;
      await until(() => requests.length === 1);
      assert.equal(requests[0]?.code, "CANCELLED");
    }));

  it("on GET and DELETE is ignored", () =>
    withServer({}, async ({ post, fetch }) => {
      await post("/share", hello);
      assert.equal((await fetch("/shared/1?user_id=1", { method: "DELETE", body: "nonsense" })).status, 200);
    }));
});
