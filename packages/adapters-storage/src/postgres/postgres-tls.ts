import { readFileSync } from "node:fs";
import type { ConnectionOptions } from "node:tls";
import { invalidArgument } from "@gorunner/core";
import { codeOf } from "../failure.js";
import type { PostgresLocation } from "../location/store-location.js";

/** What the driver takes for `ssl`. */
export type Ssl = false | ConnectionOptions;

/**
 * libpq's sslmode in the driver's terms (PostgreSQL's manual, 34.19): up to `require` nothing is verified, `verify-ca`
 * verifies who signed the certificate, `verify-full` also that it is this server's.
 *
 * `allow` and `prefer` know a second way: once the server has refused the first, it becomes the way of all connections.
 */
export class PostgresTls {
  readonly #ways: readonly Ssl[];
  #current = 0;

  /** @throws RunnerError INVALID_ARGUMENT when a file of the location can't be read. */
  constructor(location: PostgresLocation) {
    this.#ways = waysOf(location);
  }

  /** How to connect next. */
  get ssl(): Ssl {
    return this.#ways[this.#current] ?? false;
  }

  /** @returns whether it is worth connecting again, now with another {@link ssl}, after `attempted` has failed. */
  hasAnotherWay(attempted: Ssl, failure: unknown): boolean {
    if (this.#ways.length < 2 || !isAboutEncryption(failure)) return false;
    if (this.ssl === attempted) this.#current = 1 - this.#current;
    return true;
  }
}

function waysOf(location: PostgresLocation): Ssl[] {
  // libpq never encrypts what stays on this machine's Unix sockets.
  if (location.sslMode === "disable" || location.host?.startsWith("/")) return [false];
  const files = readFiles(location);
  const unverified: Ssl = { ...files, rejectUnauthorized: false };
  switch (location.sslMode) {
    case "allow":
      return [false, unverified];
    case "prefer":
      return [unverified, false];
    case "require":
      return [unverified];
    case "verify-ca":
      return [{ ...files, rejectUnauthorized: true, checkServerIdentity: () => undefined }];
    case "verify-full":
      return [{ ...files, rejectUnauthorized: true }];
  }
}

function readFiles({ sslRootCertPath, sslCertPath, sslKeyPath }: PostgresLocation): ConnectionOptions {
  return {
    ...(sslRootCertPath === undefined || sslRootCertPath === "system" ? {} : { ca: read("sslrootcert", sslRootCertPath) }),
    ...(sslCertPath === undefined ? {} : { cert: read("sslcert", sslCertPath) }),
    ...(sslKeyPath === undefined ? {} : { key: read("sslkey", sslKeyPath) }),
  };
}

function read(keyword: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (failure) {
    throw invalidArgument(`the file of ${keyword} in the database's address can't be read (${codeOf(failure)})`, failure);
  }
}

/** The server has no TLS, or its pg_hba.conf wants it otherwise (SQLSTATE 28000). */
const isAboutEncryption = (failure: unknown) =>
  codeOf(failure) === "28000" || (failure instanceof Error && failure.message.includes("does not support SSL"));
