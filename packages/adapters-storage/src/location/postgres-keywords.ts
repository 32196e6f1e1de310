import { invalidArgument, type RunnerError } from "@gorunner/core";
import type { Keyword } from "./keyword-dsn.js";
import { type PostgresLocation, type SslMode, sslModes } from "./store-location.js";

/**
 * Gives libpq's keywords their meaning. Messages name a keyword, never a value.
 *
 * @throws RunnerError INVALID_ARGUMENT for a keyword that is unknown, or that asks for what we can't give.
 */
export function postgresLocation(keywords: readonly Keyword[]): PostgresLocation {
  const location: PostgresLocation = { kind: "postgres", sslMode: "prefer" };
  for (const [index, { key, value }] of keywords.entries()) {
    if (value.includes("\0")) throw refused(key, "contains a NUL");
    const read = readers.get(key.toLowerCase());
    if (read !== undefined) read(location, value, key);
    else if (!isWithoutMeaning(key.toLowerCase())) throw unknown(key, keywords[index - 1]);
  }
  if (location.sslMode === "require" && location.sslRootCertPath !== undefined) location.sslMode = "verify-ca";
  return location;
}

type Reader = (location: PostgresLocation, value: string, key: string) => void;

type TextField =
  | "user"
  | "password"
  | "database"
  | "sslRootCertPath"
  | "sslCertPath"
  | "sslKeyPath"
  | "applicationName"
  | "searchPath"
  | "options";

/** An empty value is as good as none, as in libpq. */
const text =
  (field: TextField): Reader =>
  (location, value) => {
    if (value !== "") location[field] = value;
  };

const host: Reader = (location, value, key) => {
  if (value.includes(",")) throw refused(key, "names several servers; give one");
  if (/[\s@]/.test(value)) throw refused(key, "is not the name of a server");
  if (value !== "") location.host = value;
};

const port: Reader = (location, value, key) => {
  if (value === "") return;
  const number = /^\d{1,5}$/.test(value) ? Number(value) : 0;
  if (number < 1 || number > 65535) throw refused(key, "must be a number from 1 to 65535");
  location.port = number;
};

const sslMode: Reader = (location, value, key) => {
  if (value === "") return;
  if (!(sslModes as readonly string[]).includes(value)) throw refused(key, `must be one of ${sslModes.join(", ")}`);
  location.sslMode = value as SslMode;
};

/** Mechanisms that are only ever an addition may be absent; one that was demanded may not. */
const onlyIfNotRequired: Reader = (_location, value, key) => {
  if (value === "require") throw refused(key, "=require is not supported");
};

const anyServer: Reader = (_location, value, key) => {
  if (!["", "any", "read-write", "primary", "prefer-standby"].includes(value)) throw refused(key, "must be any, read-write or primary");
};

const readers = new Map<string, Reader>([
  ["host", host],
  ["hostaddr", host],
  ["port", port],
  ["user", text("user")],
  ["password", text("password")],
  ["dbname", text("database")],
  ["database", text("database")],
  ["sslmode", sslMode],
  ["sslrootcert", text("sslRootCertPath")],
  ["sslcert", text("sslCertPath")],
  ["sslkey", text("sslKeyPath")],
  ["application_name", text("applicationName")],
  ["search_path", text("searchPath")],
  ["options", text("options")],
  ["gssencmode", onlyIfNotRequired],
  ["channel_binding", onlyIfNotRequired],
  ["target_session_attrs", anyServer],
]);

/**
 * Keywords of libpq and of Go's drivers that a working configuration may hold and that change nothing here:
 * timeouts and pool sizes are settings of our own, times are read and written in UTC, text is UTF-8.
 */
const withoutMeaning = new Set([
  "binary_parameters",
  "client_encoding",
  "connect_timeout",
  "default_query_exec_mode",
  "description_cache_capacity",
  "disable_prepared_binary_result",
  "fallback_application_name",
  "gsslib",
  "krbsrvname",
  "lock_timeout",
  "ssl_max_protocol_version",
  "ssl_min_protocol_version",
  "sslcompression",
  "sslsni",
  "statement_cache_capacity",
  "statement_timeout",
  "tcp_user_timeout",
  "timezone",
]);

const isWithoutMeaning = (key: string) => withoutMeaning.has(key) || /^(keepalives|pool_|x-)/.test(key);

const refused = (key: string, problem: string) => invalidArgument(`${key} in the database's address ${problem}`);

function unknown(key: string, previous: Keyword | undefined): RunnerError {
  // In `password=two words=…` the stray word is a part of the password.
  if (previous?.key.toLowerCase() === "password" || !/^\w{1,40}$/.test(key)) {
    return invalidArgument("the database's address has an unknown keyword; a password with spaces goes into single quotes: password='…'");
  }
  return invalidArgument(`the database's address has an unknown keyword ${key}`);
}
