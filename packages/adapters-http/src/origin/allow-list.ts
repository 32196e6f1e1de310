import { invalidArgument } from "@gorunner/core";
import { normalName, originText, parseAuthority, parseOrigin } from "./authority.js";
import { isLoopbackName } from "./loopback.js";

/** Which web pages may use the server, and by which host names. */
export interface CorsOptions {
  /** Exact origins, `https://app.example`. `*`: every origin, `null` too. */
  origins: readonly string[];
  /** Host names that the server accepts on a loopback address, besides those of loopback itself. `*`: any. */
  hosts: readonly string[];
}

/** The configuration's default: the server's own pages alone, under the names of loopback. */
export const ownPagesOnly: CorsOptions = { origins: [], hosts: [] };

export class AllowList {
  readonly anyOrigin: boolean;
  readonly #anyHost: boolean;
  readonly #origins: ReadonlySet<string>;
  readonly #hosts: ReadonlySet<string>;

  constructor({ origins, hosts }: CorsOptions) {
    this.anyOrigin = origins.includes("*");
    this.#anyHost = hosts.includes("*");
    this.#origins = new Set(origins.map(readAllowedOrigin));
    this.#hosts = new Set(hosts.map(readAllowedHost));
  }

  /** Whether pages of an `Origin` header's value may use the server. */
  allowsOrigin(text: string): boolean {
    const origin = parseOrigin(text);
    return this.anyOrigin || (origin !== undefined && this.#origins.has(originText(origin)));
  }

  /** Whether a request for this host name is accepted on a loopback address. */
  allowsHost(name: string): boolean {
    return this.#anyHost || isLoopbackName(name) || this.#hosts.has(name);
  }
}

/** @returns the origin as it is compared, or `*`. @throws RunnerError INVALID_ARGUMENT that says what is expected. */
export function readAllowedOrigin(text: string): string {
  if (text === "*") return text;
  const origin = parseOrigin(text);
  if (origin === undefined) throw invalidArgument("expected origins such as https://app.example:8443, without a path, or *");
  return originText(origin);
}

/** @returns the name as it is compared, or `*`. @throws RunnerError INVALID_ARGUMENT that says what is expected. */
export function readAllowedHost(text: string): string {
  if (text === "*") return text;
  const authority = parseAuthority(text.includes("::") && !text.startsWith("[") ? `[${text}]` : text);
  if (authority === undefined || authority.port !== undefined) {
    throw invalidArgument("expected host names such as runner.example, without a scheme and a port, or *");
  }
  return normalName(authority.name);
}
