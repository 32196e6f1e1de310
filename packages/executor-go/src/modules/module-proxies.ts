/** From where modules may come: proxies alone, never the repositories that a program names. See `go help goproxy`. */
import { invalidArgument } from "@gorunner/core";

export interface ModuleProxies {
  /** As the go command takes it in GOPROXY; may hold credentials. */
  list: string;
  /** Each without what nobody may see. */
  shown: string[];
}

/** Words of GOPROXY that are no proxies. */
const words = new Set(["direct", "off", "noproxy"]);

/**
 * @param text URLs, with `,` or `|` between them as in GOPROXY.
 * @throws RunnerError INVALID_ARGUMENT; its message holds nothing of a URL, which may have a password in it.
 */
export function parseModuleProxies(text: string): ModuleProxies {
  const entries = text.split(/[,|]/).map((entry) => entry.trim());
  const shown = entries.map((entry) => {
    if (words.has(entry)) {
      throw invalidArgument(`${entry} is no proxy; name http(s) proxies alone: repositories that a program names are never asked`);
    }
    const url = URL.canParse(entry) ? new URL(entry) : undefined;
    if (url === undefined || !["http:", "https:"].includes(url.protocol) || /[\s\p{Cc}]/u.test(entry)) {
      throw invalidArgument("not a list of http(s) URLs of module proxies, such as https://proxy.example");
    }
    if (url.search !== "" || url.hash !== "") throw invalidArgument("the URL of a module proxy has no query and no fragment");
    if (url.protocol === "http:" && url.username !== "") {
      throw invalidArgument("the go command sends no password over http; use https for a proxy that asks for one");
    }
    return `${url.protocol}//${url.host}${url.pathname.replace(/\/$/, "")}`;
  });
  const separators = text.match(/[,|]/g) ?? [];
  return { list: entries.map((entry, index) => entry + (separators[index] ?? "")).join(""), shown };
}

/**
 * The proxies of a GOPROXY that says more than that: the toolchain's own, which falls back to the repositories.
 * @returns undefined when it names none.
 */
export function proxiesIn(goproxy: string): ModuleProxies | undefined {
  const urls = goproxy.split(/[,|]/).filter((entry) => /^https?:/.test(entry.trim()));
  return urls.length === 0 ? undefined : parseModuleProxies(urls.join(","));
}

/** A message of the go command without what it tells of the operator's network: which proxy, at which address. */
export function withoutProxies(message: string, { list, shown }: ModuleProxies): string {
  const hosts = shown.map((url) => new URL(url)).flatMap(({ host, hostname }) => [host, hostname]);
  const withoutUrls = [...list.split(/[,|]/), ...shown].reduce((text, url) => text.replaceAll(url, proxyName), hideCredentials(message));
  const withoutHosts = hosts.reduce((text, host) => text.replaceAll(host, "the module proxy"), withoutUrls);
  return withoutHosts
    .replace(/\b(lookup \S+|lookup the module proxy) on \S+:\d+/g, "$1")
    .replace(/\b(dial|read|write) (tcp|udp)[46]?( \S+?:\d+)?(->\S+?:\d+)?: /g, "$1 $2: ");
}

const proxyName = "$GOPROXY";

const hideCredentials = (message: string) => message.replace(/(https?:\/\/)[^/\s@"]*@/g, "$1");
