/** Names of servers as requests carry them: in `Host`, in the request target, in `Origin`. */
import type { IncomingMessage } from "node:http";

export interface Authority {
  /** Lower case, without a last dot; an IPv6 address without its brackets. */
  name: string;
  /** Undefined where the text has none. */
  port: number | undefined;
}

export interface Origin extends Authority {
  scheme: string;
}

const authorityPattern = /^(?:\[([0-9a-f:.]{2,45})\]|([\w~-][\w.~-]{0,253}))(?::(\d{0,5}))?$/i;
const schemePattern = /^([a-z][a-z0-9+.-]{0,63}):\/\//i;
const defaultPorts: Record<string, number> = { http: 80, https: 443 };

/** @returns undefined for what is no host name or IP address with an optional port; user info and zones are none. */
export function parseAuthority(text: string): Authority | undefined {
  const [, address, host, port] = authorityPattern.exec(text) ?? [];
  const name = address ?? host;
  if (name === undefined) return undefined;
  // The colon may stand alone (RFC 3986, section 3.2.3).
  return { name: normalName(name), port: port === undefined || port === "" ? undefined : Number(port) };
}

/** @returns undefined for what is no `scheme://host[:port]`; `null`, the origin of sandboxed pages and files, is none. */
export function parseOrigin(text: string): Origin | undefined {
  const [start, scheme] = schemePattern.exec(text) ?? [];
  if (start === undefined || scheme === undefined) return undefined;
  const authority = parseAuthority(text.slice(start.length));
  return authority === undefined ? undefined : { ...authority, scheme: scheme.toLowerCase() };
}

/** Two origins are the same when their texts are. */
export const originText = ({ scheme, name, port }: Origin) => {
  const explicit = port === undefined || port === defaultPorts[scheme] ? "" : `:${port}`;
  return `${scheme}://${name.includes(":") ? `[${name}]` : name}${explicit}`;
};

/** Whether a page of `origin` came from `server`. The scheme is left out: a proxy may have taken TLS off. */
export function isServedBy(origin: Origin, server: Authority): boolean {
  const own = defaultPorts[origin.scheme];
  if (own === undefined || origin.name !== server.name) return false;
  return (origin.port ?? own) === (server.port ?? own);
}

/** A name as it is compared. */
export const normalName = (name: string) => (name.endsWith(".") ? name.slice(0, -1) : name).toLowerCase();

/**
 * The server that the client asked for: by the request target where that is a whole URL, else by `Host` (RFC 9112,
 * section 3.2.2). `X-Forwarded-Host` and `Forwarded` are not read, as any client can send them.
 */
export function authorityOf({ url = "", headers }: Pick<IncomingMessage, "url" | "headers">): Authority | undefined {
  const [start] = schemePattern.exec(url) ?? [];
  if (start === undefined) return parseAuthority(headers.host ?? "");
  const [authority = ""] = url.slice(start.length).split(/[/?#]/, 1);
  return parseAuthority(authority);
}
