import { invalidArgument } from "@gorunner/core";

/** Where a Redis server is. May hold a password: not for logs. */
export interface RedisAddress {
  host: string;
  port: number;
  username?: string;
  password?: string;
  /** Index of the logical database. */
  db: number;
  tls: boolean;
  /** A file with the certificates of those who may sign the server's; the system's, unless given. */
  caPath?: string;
}

/**
 * Reads the `redis_addr` setting: `host:port`, `host`, `:port` (this machine), or
 * `redis[s]://[user:password@]host[:port][/db]`, and with `rediss` perhaps `?cacert=FILE`, as redis-cli's option.
 *
 * @throws RunnerError INVALID_ARGUMENT that says what is wrong and quotes no part of the address.
 */
export function parseRedisAddress(address: string): RedisAddress {
  const trimmed = address.trim();
  return /^rediss?:\/\//.test(trimmed) ? fromUrl(trimmed) : fromHostAndPort(trimmed);
}

function fromHostAndPort(address: string): RedisAddress {
  const match = /^(?<host>\[[0-9a-fA-F:.]+\]|[\w.-]*)(?::(?<port>\d{1,5}))?$/.exec(address);
  const host = match?.groups?.["host"] ?? "";
  const port = match?.groups?.["port"];
  if (match === null || (host === "" && port === undefined)) {
    throw invalidArgument("the address of Redis must be host:port or redis[s]://[user:password@]host[:port][/db]");
  }
  return { host: hostOf(host), port: portOf(port ?? ""), db: 0, tls: false };
}

function fromUrl(address: string): RedisAddress {
  const url = parse(address);
  const db = /^\/?(?<index>\d{0,5})$/.exec(url.pathname)?.groups?.["index"];
  if (db === undefined) throw invalidArgument("what follows the host in the address of Redis must be the number of a database");
  if (url.hash !== "") throw malformed();
  const caPath = caPathOf(url);
  const username = decode(url.username);
  const password = decode(url.password);
  if (username !== "" && password === "")
    throw invalidArgument("the address of Redis has a user without a password; write :password@ for a password alone");
  return {
    host: hostOf(url.hostname),
    port: portOf(url.port),
    ...(username === "" ? {} : { username }),
    ...(password === "" ? {} : { password }),
    db: Number(db),
    tls: url.protocol === "rediss:",
    ...(caPath === undefined ? {} : { caPath }),
  };
}

function caPathOf(url: URL): string | undefined {
  const names = [...url.searchParams.keys()];
  if (names.length === 0) return undefined;
  const caPath = url.searchParams.get("cacert");
  if (names.length > 1 || caPath === null || caPath === "") throw malformed();
  if (url.protocol !== "rediss:") throw invalidArgument("cacert in the address of Redis needs rediss:// in place of redis://");
  return caPath;
}

const hostOf = (host: string) => (host === "" ? "127.0.0.1" : host.replace(/^\[(.*)\]$/, "$1"));

function portOf(port: string): number {
  const number = port === "" ? 6379 : Number(port);
  if (number < 1 || number > 65535) throw invalidArgument("the port in the address of Redis must be a number from 1 to 65535");
  return number;
}

function parse(address: string): URL {
  try {
    return new URL(address);
  } catch {
    // The parser's own error quotes the whole text.
    throw malformed();
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw malformed();
  }
}

const malformed = () =>
  invalidArgument(
    "the address of Redis is not a valid URL (redis://user:password@host:port/db); special characters in user and password must be percent-encoded",
  );
