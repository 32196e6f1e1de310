/** Whom the forwarder may ask: the configured proxies, the checksum database, and hosts that these may redirect to. */
import { createSecureContext, type SecureContext } from "node:tls";
import type { ChecksumDatabase } from "./checksum-database.js";
import type { ModuleProxies } from "./module-proxies.js";

/** A URL without credentials, and what goes with it as `Authorization`. */
export interface Target {
  url: URL;
  authorization?: string;
}

export interface UpstreamOptions {
  proxies: ModuleProxies;
  checksums: ChecksumDatabase;
  /** `HOST` or `HOST:PORT`, asked over https when a proxy redirects there. */
  redirectHosts: readonly string[];
  /** In PEM format; empty: those that Node brings. */
  certificates: string[];
}

export class Upstreams {
  readonly proxies: readonly Target[];
  readonly checksums: ChecksumDatabase;
  /** Made once: to read some 150 certificates takes milliseconds. */
  readonly trust: SecureContext;
  readonly #configured: ReadonlySet<string>;
  readonly #redirectHosts: ReadonlySet<string>;

  constructor({ proxies, checksums, redirectHosts, certificates }: UpstreamOptions) {
    this.proxies = proxies.urls.map(targetOf);
    this.checksums = checksums;
    this.trust = createSecureContext(certificates.length === 0 ? {} : { ca: certificates });
    this.#configured = new Set([...this.proxies.map(({ url }) => url.origin), checksums.url.origin]);
    this.#redirectHosts = new Set(redirectHosts.map((host) => new URL(`https://${host}`).host));
  }

  /** `configured`: wherever it is. `redirect`: unless it is inside the operator's network. */
  trustIn(url: URL): "configured" | "redirect" | "none" {
    if (this.#configured.has(url.origin)) return "configured";
    return url.protocol === "https:" && this.#redirectHosts.has(url.host) ? "redirect" : "none";
  }
}

function targetOf(given: URL): Target {
  const url = new URL(given);
  url.username = "";
  url.password = "";
  url.pathname = url.pathname.endsWith("/") ? url.pathname.slice(0, -1) : url.pathname;
  if (given.username === "" && given.password === "") return { url };
  const credentials = `${decodeURIComponent(given.username)}:${decodeURIComponent(given.password)}`;
  return { url, authorization: `Basic ${Buffer.from(credentials).toString("base64")}` };
}

/** The URL of a path below a target. */
export function below({ url, authorization }: Target, path: string): Target {
  const whole = new URL(url);
  // As the go command writes it.
  whole.pathname = `${url.pathname === "/" ? "" : url.pathname}${path.replaceAll("!", "%21")}`;
  return { url: whole, ...(authorization === undefined ? {} : { authorization }) };
}
