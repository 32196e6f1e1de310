/** What the go command may ask of a proxy or of the checksum database, by path. See `go help goproxy` and x/mod's sumdb. */

export type Asked =
  | { of: "proxy"; index: number; path: string; isFile: boolean; maxBytes: number }
  | { of: "checksums"; path: string; maxBytes: number };

const kib = 1024;
const mib = 1024 * kib;

/** The most that each may be; a module's files are held to x/mod's own limits (golang.org/x/mod/zip). */
const maxBytesOf: Readonly<Record<string, number>> = { ".zip": 500 * mib, ".mod": 16 * mib, ".info": 64 * kib };
const maxListBytes = 4 * mib;
const maxChecksumBytes = mib;
const maxPathLength = 2000;

/** @returns undefined for what no go command asks. The path is not encoded, and begins with a slash. */
export function parseAsked(url: string): Asked | undefined {
  if (url.length > maxPathLength) return undefined;
  const plain = decoded(url);
  if (plain === undefined) return undefined;
  const [, first = "", ...rest] = plain.split("/");
  const path = `/${rest.join("/")}`;
  if (rest.length === 0 || rest.some((part) => part === "" || part.startsWith("."))) return undefined;
  if (first === "sumdb") return isOfDatabase(rest) ? { of: "checksums", path, maxBytes: maxChecksumBytes } : undefined;
  const index = first.length === 1 || first.length === 2 ? Number(first) : Number.NaN;
  if (!Number.isInteger(index)) return undefined;
  const [last = "", folder] = [rest.at(-1), rest.at(-2)];
  if (rest.length > 1 && last === "@latest") return { of: "proxy", index, path, isFile: false, maxBytes: 64 * kib };
  if (rest.length < 3 || folder !== "@v") return undefined;
  if (last === "list") return { of: "proxy", index, path, isFile: false, maxBytes: maxListBytes };
  const maxBytes = maxBytesOf[last.slice(last.lastIndexOf("."))];
  return maxBytes === undefined ? undefined : { of: "proxy", index, path, isFile: true, maxBytes };
}

const isOfDatabase = ([first, second]: string[]) =>
  first === "latest" ? second === undefined : (first === "lookup" || first === "tile") && second !== undefined;

/** Paths and versions of modules, with `!` for capital letters; of what is encoded, the go command encodes `!` alone. */
const harmless = new Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~+@!/");

function decoded(url: string): string | undefined {
  const plain = url.replaceAll("%21", "!").replaceAll("%2B", "+").replaceAll("%40", "@");
  for (const character of plain) if (!harmless.has(character)) return undefined;
  return plain;
}
