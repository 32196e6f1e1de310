import { invalidArgument } from "@gorunner/core";

/** Addresses that a server listens on and nobody can be reached at, and where such a server is found from beside it. */
const loopbackOf: Record<string, string> = { "": "127.0.0.1", "0.0.0.0": "127.0.0.1", "[::]": "[::1]" };

/**
 * Where a client dials: reads `host:port`, `[ipv6]:port`, `:port`, or a listening address such as `0.0.0.0:44044`, which is
 * dialled as loopback.
 *
 * @throws RunnerError INVALID_ARGUMENT for anything else.
 */
export function parseDialAddress(address: string): string {
  const match = /^(\[[0-9A-Fa-f:.]+\]|[^\s:/[\]@?#%\\]*):(\d{1,5})$/.exec(address.trim());
  const port = Number(match?.[2]);
  const host = loopbackOf[match?.[1] ?? ""] ?? match?.[1];
  if (match === null || !(port >= 1 && port <= 65535) || !URL.canParse(`http://${host}:${port}`)) {
    throw invalidArgument(`the address of the SSO service must be host:port, not "${address}"`);
  }
  return `${host}:${port}`;
}
