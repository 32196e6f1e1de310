/**
 * Refuses what a web page of another origin makes a browser send.
 *
 * A browser runs foreign pages on the same machine as a local server, and lets them send requests to it. The browser
 * tells in headers that no page can change: `Sec-Fetch-Site` (to https and to loopback addresses) and `Origin` (with
 * every POST and DELETE, and where a page wants to read the answer). Other clients send neither.
 *
 * In DNS rebinding, the attacker gives the page's own name the server's address. The browser then takes the page for the
 * server's own. `Host` carries that name, which on a loopback address is none of loopback's.
 */
import type { IncomingMessage } from "node:http";
import { invalidArgument, permissionDenied, type RunnerError } from "@gorunner/core";
import type { AllowList } from "./allow-list.js";
import { type Authority, authorityOf, isServedBy, parseOrigin } from "./authority.js";
import { isLoopbackAddress } from "./loopback.js";

/** What is read of a request. */
export type AskedBy = Pick<IncomingMessage, "method" | "url" | "headers" | "headersDistinct"> & {
  socket: { localAddress?: string | undefined };
};

/** @returns why `request` is refused; undefined: it is not. */
export function foreignPageRefusal(request: AskedBy, allowed: AllowList): RunnerError | undefined {
  // RFC 9112, section 3.2, demands 400: a proxy may have looked at the other one.
  if ((request.headersDistinct["host"]?.length ?? 0) > 1) return invalidArgument("the request has more than one Host header");
  const server = authorityOf(request);
  const isLocal = isLoopbackAddress(request.socket.localAddress ?? "127.0.0.1");
  if (isLocal && !(server !== undefined && allowed.allowsHost(server.name))) return wrongHost(server);
  return isForeign(request, { server, isLocal }, allowed) ? wrongOrigin(request.headers.origin) : undefined;
}

function isForeign(request: AskedBy, at: { server: Authority | undefined; isLocal: boolean }, allowed: AllowList): boolean {
  const { origin } = request.headers;
  if (allowed.anyOrigin || (origin !== undefined && allowed.allowsOrigin(origin))) return false;
  const site = request.headers["sec-fetch-site"];
  // `same-site` is another port or another subdomain.
  const isOwnSite = site === undefined || site === "same-origin" || site === "none";
  if (!isOwnSite) return origin !== undefined || !isNavigation(request);
  return origin !== undefined && !isOwnOrigin(origin, { ...at, isAffirmed: site === "same-origin" }, allowed);
}

/**
 * Whether the server itself serves the pages of `text`. Where `Host` differs, a proxy may have replaced it: then the
 * browser's own word counts, on a loopback address together with the name.
 */
function isOwnOrigin(
  text: string,
  { server, isLocal, isAffirmed }: { server: Authority | undefined; isLocal: boolean; isAffirmed: boolean },
  allowed: AllowList,
): boolean {
  const origin = parseOrigin(text);
  if (origin === undefined) return false;
  if (server !== undefined && isServedBy(origin, server)) return true;
  return isAffirmed && (!isLocal || allowed.allowsHost(origin.name));
}

/** Following a link into a tab or window of its own. It changes nothing, and the page with the link can't read the answer. */
function isNavigation({ method, headers }: AskedBy): boolean {
  const isSafe = method === "GET" || method === "HEAD";
  return isSafe && headers["sec-fetch-mode"] === "navigate" && headers["sec-fetch-dest"] === "document";
}

function wrongHost(server: Authority | undefined): RunnerError {
  const name = server === undefined ? "the Host header is missing or no host name" : `${shown(server.name)} is no name of this server`;
  return permissionDenied(
    `${name}: on a loopback address it is localhost, 127.0.0.1 or [::1]; behind a proxy on this machine, list the public host name under cors.hosts`,
  );
}

function wrongOrigin(origin: string | undefined): RunnerError {
  const page = origin === undefined ? "a web page of another origin" : `a web page of the origin ${shown(origin)}`;
  return permissionDenied(`${page} may not use this server; an operator can list its origin under cors.origins`);
}

/** What a client sent, short enough for a message. */
const shown = (text: string) => JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
