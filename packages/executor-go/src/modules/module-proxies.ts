/** From where modules may come: proxies alone, never the repositories that a program names. See `go help goproxy`. */
import { invalidArgument } from "@gorunner/core";

export interface ModuleProxies {
  /** As the go command takes it in GOPROXY; may hold credentials. */
  list: string;
  urls: URL[];
  /** What stands between them: whether the next one is asked after "not found" alone (`,`) or after any error (`|`). */
  separators: string[];
}

/** Words of GOPROXY that are no proxies. */
const words = new Set(["direct", "off", "noproxy"]);

/**
 * @param text URLs, with `,` or `|` between them as in GOPROXY.
 * @throws RunnerError INVALID_ARGUMENT; its message holds nothing of a URL, which may have a password in it.
 */
export function parseModuleProxies(text: string): ModuleProxies {
  const entries = text.split(/[,|]/).map((entry) => entry.trim());
  const urls = entries.map((entry) => {
    if (words.has(entry)) {
      throw invalidArgument(`${entry} is no proxy; name http(s) proxies alone: repositories that a program names are never asked`);
    }
    const url = URL.canParse(entry) ? new URL(entry) : undefined;
    if (url === undefined || !["http:", "https:"].includes(url.protocol) || /[\s\p{Cc}]/u.test(entry)) {
      throw invalidArgument("not a list of http(s) URLs of module proxies, such as https://proxy.example");
    }
    if (url.search !== "" || url.hash !== "") throw invalidArgument("the URL of a module proxy has no query and no fragment");
    if (url.protocol === "http:" && url.username !== "") {
      throw invalidArgument("no password is sent over http; use https for a proxy that asks for one");
    }
    return url;
  });
  const separators = text.match(/[,|]/g) ?? [];
  return { list: interleaved(entries, separators), urls, separators };
}

/**
 * The proxies of a GOPROXY that says more than that: the toolchain's own, which falls back to the repositories.
 * @returns undefined when it names none.
 */
export function proxiesIn(goproxy: string): ModuleProxies | undefined {
  const urls = goproxy.split(/[,|]/).filter((entry) => /^https?:/.test(entry.trim()));
  return urls.length === 0 ? undefined : parseModuleProxies(urls.join(","));
}

/** The same list with another URL for each proxy. */
export const proxyListOf = ({ urls, separators }: ModuleProxies, urlOf: (index: number) => string) =>
  interleaved(
    urls.map((_, index) => urlOf(index)),
    separators,
  );

const interleaved = (entries: string[], separators: string[]) => entries.map((entry, index) => entry + (separators[index] ?? "")).join("");
