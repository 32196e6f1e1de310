import { invalidArgument } from "@gorunner/core";
import type { Keyword } from "./keyword-dsn.js";

/**
 * Reads `postgres://user:password@host:port/database?keyword=value` into keywords.
 *
 * The URL standard's parser does the work, with two libpq habits beside it: a user without a host, and a Unix socket's
 * directory as a percent-encoded host. Messages never quote the text.
 */
export function splitPostgresUrl(uri: string): Keyword[] {
  const url = parse(uri);
  if (url.hash !== "") throw malformed();
  const database = decode(url.pathname.slice(1));
  // A password with a bare "/" ends up here, and must not travel on as the name of a database.
  if (/[/@]/.test(url.pathname.slice(1))) throw malformed();
  return [
    { key: "user", value: decode(url.username) },
    { key: "password", value: decode(url.password) },
    { key: "host", value: decode(url.hostname === placeholder ? "" : url.hostname).replace(/^\[(.*)\]$/, "$1") },
    { key: "port", value: url.port },
    { key: "dbname", value: database },
    ...[...url.searchParams].map(([key, value]) => ({ key, value })),
  ];
}

/** Stands for the host where libpq allows none and the URL standard does not: `postgres://user@/database`. */
const placeholder = "no-host.invalid";

function parse(uri: string): URL {
  try {
    return new URL(uri.replace(/^(\w+:\/\/[^/?#]*@)(?=[:/?]|$)/, `$1${placeholder}`));
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
    "the database's address is not a valid URL (postgres://user:password@host:port/database); " +
      "special characters in user and password must be percent-encoded",
  );
