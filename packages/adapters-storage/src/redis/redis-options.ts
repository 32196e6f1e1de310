import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { invalidArgument } from "@gorunner/core";
import { codeOf } from "../failure.js";
import type { RedisAddress } from "./redis-address.js";

export const connectTimeoutMs = 2000;

/**
 * How the driver connects: at once or not at all, again and again in the background, and no command waits for it.
 *
 * @throws RunnerError INVALID_ARGUMENT when a file of the address can't be read.
 */
export function redisOptions(address: RedisAddress, { timeoutMs }: { timeoutMs: number }) {
  return {
    host: address.host,
    port: address.port,
    family: 0,
    db: address.db,
    ...(address.username === undefined ? {} : { username: address.username }),
    ...(address.password === undefined ? {} : { password: address.password }),
    ...(address.tls ? { tls: tlsOptions(address) } : {}),
    // The older protocol works with every server, and asks for the password before anything else.
    protocol: 2 as const,
    disableClientInfo: true,
    connectTimeout: connectTimeoutMs,
    commandTimeout: timeoutMs,
    disconnectTimeout: timeoutMs,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt: number) => Math.min(50 * 2 ** attempt, longestRetryMs) * (0.75 + Math.random() / 4),
  };
}

/** The server's certificate is always verified. RFC 6066 has no server names that are addresses. */
function tlsOptions({ host, caPath }: RedisAddress) {
  return { ...(isIP(host) ? {} : { servername: host }), ...(caPath === undefined ? {} : { ca: read(caPath) }) };
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (failure) {
    throw invalidArgument(`cacert ${path} in the address of Redis can't be read (${codeOf(failure) ?? "unknown error"})`);
  }
}

const longestRetryMs = 1000;
