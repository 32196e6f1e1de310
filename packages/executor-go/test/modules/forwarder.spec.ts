import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, request } from "node:http";
import { type AddressInfo, createServer as createListener } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Answer, aModuleOfEmptyFiles, endless, TestProxy, text } from "@gorunner/testing";
import { parseChecksumDatabase } from "../../src/modules/checksum-database.js";
import { ForwardSession } from "../../src/modules/forward-session.js";
import { HostNames } from "../../src/modules/host-names.js";
import { parseModuleProxies } from "../../src/modules/module-proxies.js";
import { Upstreams } from "../../src/modules/upstreams.js";

const zip = "/a.example/m/@v/v1.0.0.zip";
const mib = 1024 * 1024;

describe("the forwarder", () => {
  let directory: string;
  let proxy: TestProxy;
  let url: string;
  let session: ForwardSession | undefined;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "gorunner-forwarder-"));
    proxy = new TestProxy();
    url = await proxy.start();
  });
  afterEach(async () => {
    await session?.close();
    session = undefined;
    await proxy.stop();
    await rm(directory, { recursive: true, force: true });
  });

  interface Setup {
    proxies?: string;
    gosumdb?: string;
    redirectHosts?: string[];
    maxBytes?: number;
    maxRequests?: number;
  }
  const open = async ({
    proxies = url,
    gosumdb = "sum.golang.org",
    redirectHosts = [],
    maxBytes = 8 * mib,
    maxRequests = 100,
  }: Setup = {}) => {
    const parsed = { proxies: parseModuleProxies(proxies), checksums: parseChecksumDatabase(gosumdb) };
    const upstreams = new Upstreams({ ...parsed, redirectHosts, certificates: [] });
    const options = { upstreams, names: new HostNames(), cache: join(directory, "cache"), maxBytes, maxRequests, maxEntries: 100 };
    session = await ForwardSession.open(join(directory, "socket"), options);
    return session;
  };
  const ask = (path: string, method = "GET") =>
    new Promise<{ status: number; body: string }>((resolve, reject) => {
      const sent = request({ socketPath: join(directory, "socket"), path, method, agent: false }, (response) => {
        const parts: Buffer[] = [];
        response.on("data", (part: Buffer) => parts.push(part));
        response.on("error", reject);
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString("utf8") }));
      });
      sent.on("error", reject);
      sent.end();
    });
  const serve = (end: string, answer: Answer) => proxy.instead.set(end, answer);

  it("gives what the proxy has, and not its words when it has nothing", async () => {
    await open();
    serve(".zip", text("content"));
    assert.deepEqual(await ask(`/0${zip}`), { status: 200, body: "content" });
    assert.deepEqual(await ask("/0/a.example/m/@latest"), { status: 404, body: "" });
    for (const [status, told] of [
      [410, 404],
      [401, 403],
      [403, 403],
      [500, 503],
      [429, 503],
    ] as const) {
      serve(".zip", (response) => response.writeHead(status, { "content-type": "text/plain" }).end("internal-token"));
      assert.deepEqual(await ask(`/0${zip}`), { status: told, body: "" });
    }
  });

  it("takes GET alone, for what the go command asks, of the proxies that there are", async () => {
    await open();
    for (const method of ["POST", "PUT", "HEAD", "DELETE", "OPTIONS"]) assert.equal((await ask(`/0${zip}`, method)).status, 403, method);
    for (const path of ["/", "/0/x", "/1/a.example/m/@v/list", "/0/a.example/m/@v/../../../x.zip"])
      assert.equal((await ask(path)).status, 403, path);
    assert.deepEqual(proxy.asked, []);
  });

  it("sends the operator's credentials, and to that proxy alone", async () => {
    const seen: (string | undefined)[] = [];
    const other = new TestProxy();
    const otherUrl = await other.start();
    other.instead.set("", (response, { headers }) => void response.end(`${seen.push(headers.authorization)}`));
    const secure = parseModuleProxies("https://u%40x:w@proxy.example");
    const upstreams = new Upstreams({
      proxies: secure,
      checksums: parseChecksumDatabase("sum.golang.org"),
      redirectHosts: [],
      certificates: [],
    });
    assert.equal(upstreams.proxies[0]?.authorization, `Basic ${Buffer.from("u@x:w").toString("base64")}`);
    assert.equal(upstreams.proxies[0]?.url.href, "https://proxy.example/");
    await open({ proxies: `${url},${otherUrl}` });
    serve(".zip", (response) => response.writeHead(302, { location: `http://u:w@${new URL(otherUrl).host}/x` }).end());
    assert.equal((await ask(`/0${zip}`)).status, 200);
    await other.stop();
    assert.deepEqual(seen, [undefined]);
  });

  it("follows a redirect within the proxy", async () => {
    await open();
    serve(".zip", (response) => response.writeHead(302, { location: "/storage/1" }).end());
    serve("/storage/1", text("stored"));
    assert.deepEqual(await ask(`/0${zip}`), { status: 200, body: "stored" });
  });

  it("never contacts another port of the same host, whatever redirects there", async () => {
    const contacted: string[] = [];
    const secret = createServer((asked, response) => {
      contacted.push(asked.url ?? "");
      response.end("internal-admin-token");
    });
    await new Promise<void>((resolve) => secret.listen(0, "127.0.0.1", resolve));
    const { port } = secret.address() as AddressInfo;
    const opened = await open({ redirectHosts: [`127.0.0.1:${port}`, `localhost:${port}`] });
    for (const location of [
      ...[`http://127.0.0.1:${port}/`, `https://127.0.0.1:${port}/`, `https://localhost:${port}/`, `http://localhost:${port}/`],
      ...[`https://[::ffff:127.0.0.1]:${port}/`, `http://2130706433:${port}/`, `//127.0.0.1:${port}/`],
      ...["http://169.254.169.254/latest/meta-data", "http://10.0.0.1/", "http://[fe80::1]/", "file:///etc/passwd", "gopher://127.0.0.1/"],
    ]) {
      serve(".zip", (response) => response.writeHead(302, { location }).end());
      assert.deepEqual(await ask(`/0${zip}`), { status: 421, body: "" }, location);
    }
    assert.deepEqual(contacted, []);
    assert.ok(opened.refused.every(({ reason }) => reason === "redirected"));
    await new Promise((resolve) => secret.close(resolve));
  });

  it("holds an answer to the size of its kind, and all to their sum", async () => {
    await open({ maxBytes: mib });
    serve(".info", endless);
    await assert.rejects(ask("/0/a.example/m/@v/v1.0.0.info"), /aborted|hang up/);
    serve(".info", (response) => response.end(Buffer.alloc(65 * 1024)));
    assert.equal((await ask("/0/a.example/m/@v/v1.0.0.info")).status, 413);
    serve(".zip", endless);
    await assert.rejects(ask(`/0${zip}`), /aborted|hang up/);
    serve(".zip", (response) => response.end(Buffer.alloc(1024)));
    assert.equal((await ask(`/0${zip}`)).status, 413);
  });

  it("gives no module of too many files", async () => {
    const { refused } = await open();
    serve(".zip", (response) => response.end(aModuleOfEmptyFiles("a.example/m", "v1.0.0", 200).zip));
    await assert.rejects(ask(`/0${zip}`), /aborted|hang up/);
    assert.equal(refused[0]?.reason, "too_many_files");
  });

  it("takes so many requests and no more", async () => {
    const { refused } = await open({ maxRequests: 2 });
    const statuses = [await ask(`/0${zip}`), await ask(`/0${zip}`), await ask(`/0${zip}`)].map(({ status }) => status);
    assert.deepEqual(statuses, [404, 404, 429]);
    assert.equal(refused.at(-1)?.reason, "too_many");
  });

  it("refuses what is compressed, headers without end, and what is no HTTP", async () => {
    await open();
    serve(".zip", (response) => response.writeHead(200, { "content-encoding": "gzip" }).end("bomb"));
    assert.equal((await ask(`/0${zip}`)).status, 422);
    serve(".zip", (response) => response.writeHead(200, { filler: "x".repeat(mib) }).end());
    assert.equal((await ask(`/0${zip}`)).status, 422);
    const noise = createListener((socket) =>
      socket
        .on("error", () => {})
        .resume()
        .end("SSH-2.0-noise\r\n\r\n"),
    );
    await new Promise<void>((resolve) => noise.listen(0, "127.0.0.1", resolve));
    await session?.close();
    await open({ proxies: `http://127.0.0.1:${(noise.address() as AddressInfo).port}` });
    assert.equal((await ask(`/0${zip}`)).status, 422);
    await new Promise((resolve) => noise.close(resolve));
  });

  it("takes a few informational responses before an answer, and not thousands", async () => {
    let hints = 3;
    const hinting = createListener((socket) => {
      socket.on("error", () => {}).resume();
      socket.end(`${"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(hints)}HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\ncontent`);
    });
    await new Promise<void>((resolve) => hinting.listen(0, "127.0.0.1", resolve));
    const { refused } = await open({ proxies: `http://127.0.0.1:${(hinting.address() as AddressInfo).port}` });
    assert.deepEqual(await ask(`/0${zip}`), { status: 200, body: "content" });
    hints = 2000;
    assert.equal((await ask(`/0${zip}`)).status, 422);
    assert.equal(refused.at(-1)?.reason, "malformed");
    await new Promise((resolve) => hinting.close(resolve));
  });

  it("ends what hangs when the fetch has ended", async () => {
    const opened = await open();
    let hangs = () => {};
    const hung = new Promise<void>((resolve) => {
      hangs = resolve;
    });
    serve(".zip", () => hangs());
    const asked = assert.rejects(ask(`/0${zip}`), /hang up|ECONNRESET/);
    await hung;
    await opened.close();
    await asked;
  });

  it("asks the proxy that stands in for the checksum database, else the database, where it is configured to be", async () => {
    await open();
    serve("/sumdb/sum.golang.org/supported", text(""));
    serve("/sumdb/sum.golang.org/latest", text("signed"));
    assert.deepEqual(await ask("/sumdb/latest"), { status: 200, body: "signed" });
    await session?.close();
    proxy.asked.length = 0;
    await open({ gosumdb: `sum.golang.org ${url}/base` });
    serve("/base/lookup/a.example/m@v1.0.0", text("of its own"));
    assert.deepEqual(await ask("/sumdb/lookup/a.example/m@v1.0.0"), { status: 200, body: "of its own" });
    assert.deepEqual(proxy.asked, ["/base/lookup/a.example/m@v1.0.0"]);
  });

  it("gives modules that are here already, and asks nobody", async () => {
    await open();
    const file = join(directory, "cache", "cache", "download", zip);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, "kept");
    assert.deepEqual(await ask(`/0${zip}`), { status: 200, body: "kept" });
    assert.deepEqual(proxy.asked, []);
  });
});
