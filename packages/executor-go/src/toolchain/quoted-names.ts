/** Names between quotes in a program's text, wherever they stand: its imports are among them. */
import type { Slices } from "../text/slices.js";

/** No package of the standard library has a longer name. */
const maxLength = 128;

/** @returns those of `known` that are there; an import path that is spelled with escapes is not. */
export async function quotedNames(content: Uint8Array, known: ReadonlySet<string>, slices: Slices): Promise<Set<string>> {
  const text = Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString("latin1");
  const found = new Set<string>();
  let seen = 0;
  for (let at = 0; at < text.length; at++) {
    if (!isQuote(text.charCodeAt(at))) continue;
    const start = at + 1;
    let end = start;
    while (end - start < maxLength && isOfName(text.charCodeAt(end))) end++;
    if (!isQuote(text.charCodeAt(end))) continue;
    const name = text.slice(start, end);
    if (known.has(name)) found.add(name);
    const turn = slices.worked(end - seen);
    if (turn !== undefined) await turn;
    seen = end;
    at = end;
  }
  return found;
}

/** `"` and a backquote. */
const isQuote = (unit: number) => unit === 0x22 || unit === 0x60;

/** `a` to `z`, `0` to `9`, `/`. */
const isOfName = (unit: number) => (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x2f && unit <= 0x39);
