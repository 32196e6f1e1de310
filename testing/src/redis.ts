import { join } from "node:path";
import { Redis } from "ioredis";
import { findBinary } from "./binaries.js";
import { makeCertificate } from "./certificate.js";
import { startServer, type TestServer } from "./test-server.js";

export interface FreshRedis {
  url: string;
  /** Empties it. */
  drop(): Promise<void>;
}

let shared: Promise<{ url: string }> | undefined;
let opened = 0;

/** The Redis server of this test run: TEST_REDIS_URL's, else one started now, once. */
export function testRedis(): Promise<{ url: string }> {
  const given = process.env["TEST_REDIS_URL"];
  shared ??= given === undefined || given === "" ? startRedis() : Promise.resolve({ url: given });
  return shared;
}

/** An empty logical database of that server, or of the shared one; the fifteenth after it is the same one again. */
export async function freshRedis(on: Promise<{ url: string }> = testRedis()): Promise<FreshRedis> {
  const url = new URL((await on).url);
  // Every server has 16 of them unless told otherwise; 0 is left to those who name none.
  url.pathname = `/${1 + (opened++ % 15)}`;
  await flush(url.href);
  return { url: url.href, drop: () => flush(url.href) };
}

/**
 * A Redis server that the caller owns, for tests that stop or freeze it. Its data outlive it only where they are `durable`.
 * With `tls` it takes nothing else, and has a certificate for `localhost`, signed by itself: `server.crt` in its directory.
 */
export async function startRedis(options: { password?: string; durable?: boolean; tls?: boolean } = {}): Promise<TestServer> {
  const redis = findBinary("redis-server");
  if (redis === undefined) {
    throw new Error(
      "no redis-server found for the tests (looked at PATH): install it (Debian, Ubuntu: apt-get install redis-server) " +
        "or set TEST_REDIS_URL to a server that the tests may empty",
    );
  }
  const { password, durable = false, tls = false } = options;
  return startServer({
    name: "redis",
    readyLine: /Ready to accept connections/,
    stopSignal: "SIGTERM",
    user: undefined,
    prepare(directory) {
      if (tls) makeCertificate(directory, undefined);
    },
    command({ directory, port }) {
      const args = [
        "--bind",
        "127.0.0.1",
        ...(tls ? tlsArguments(directory, port) : ["--port", `${port}`]),
        "--dir",
        directory,
        "--save",
        "",
        "--appendonly",
        durable ? "yes" : "no",
        "--appendfsync",
        "always",
      ];
      return [redis, ...args, ...(password === undefined ? [] : ["--requirepass", password])];
    },
    url: (port) =>
      `${tls ? "rediss" : "redis"}://${password === undefined ? "" : `:${encodeURIComponent(password)}@`}${tls ? "localhost" : "127.0.0.1"}:${port}`,
  });
}

const tlsArguments = (directory: string, port: number) => [
  "--port",
  "0",
  "--tls-port",
  `${port}`,
  "--tls-cert-file",
  join(directory, "server.crt"),
  "--tls-key-file",
  join(directory, "server.key"),
  "--tls-ca-cert-file",
  join(directory, "server.crt"),
  "--tls-auth-clients",
  "no",
];

async function flush(url: string): Promise<void> {
  const client = new Redis(url, { lazyConnect: true, protocol: 2 });
  await client.connect();
  try {
    await client.flushdb();
  } finally {
    client.disconnect();
  }
}
