/** Work on a long text, some tens of kilobytes at a time; see {@link Turns}. The result is that of the whole at once. */
import { decodeUtf8, isHighSurrogate, utf8Head, utf8Length, withoutNul } from "../domain/text.js";
import type { Turns } from "../ports/turns.js";

/** A slice takes about a millisecond, whatever is in it. */
const sliceLength = 64 * 1024;

/** As {@link decodeUtf8}. */
export async function decodeInSlices(bytes: Uint8Array, turns: Turns): Promise<string> {
  const parts: string[] = [];
  for (let start = 0, end = 0; start < bytes.length; start = end) {
    if (start > 0) await turns.next();
    end = sequenceStart(bytes, Math.min(bytes.length, start + sliceLength));
    parts.push(decodeUtf8(bytes.subarray(start, end)));
  }
  return parts.join("");
}

/** As {@link withoutNul}. */
export async function withoutNulInSlices(text: string, turns: Turns): Promise<string> {
  const parts: string[] = [];
  for (let start = 0; start < text.length; start += sliceLength) {
    if (start > 0) await turns.next();
    parts.push(withoutNul(text.slice(start, start + sliceLength)));
  }
  return parts.join("");
}

/** As {@link utf8Length}. */
export async function utf8LengthInSlices(text: string, turns: Turns): Promise<number> {
  let bytes = 0;
  for await (const slice of slicesOf(text, turns)) bytes += utf8Length(slice);
  return bytes;
}

/** As {@link utf8Head}; what comes after it is not looked at. */
export async function utf8HeadInSlices(text: string, maxBytes: number, turns: Turns): Promise<{ text: string; bytes: number }> {
  let [units, bytes] = [0, 0];
  for await (const slice of slicesOf(text, turns)) {
    const head = utf8Head(slice, maxBytes - bytes);
    units += head.text.length;
    bytes += head.bytes;
    if (head.text.length < slice.length) break;
  }
  return { text: text.slice(0, units), bytes };
}

/** No pair of surrogates is cut. */
async function* slicesOf(text: string, turns: Turns): AsyncGenerator<string, void, undefined> {
  for (let start = 0, end = 0; start < text.length; start = end) {
    if (start > 0) await turns.next();
    end = start + sliceLength;
    // The first half of a pair goes with the second.
    if (isHighSurrogate(text.charCodeAt(end - 1))) end--;
    yield text.slice(start, end);
  }
}

const maxContinuations = 3;

/** The last place up to `end` at which no sequence is cut: one has three continuation bytes at most. */
function sequenceStart(bytes: Uint8Array, end: number): number {
  const isContinuation = (at: number) => at < bytes.length && ((bytes[at] ?? 0) & 0xc0) === 0x80;
  let start = end;
  while (isContinuation(start) && end - start < maxContinuations) start--;
  return isContinuation(start) ? end : start;
}
