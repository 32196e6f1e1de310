/**
 * Text and bytes without `TextEncoder` or `TextDecoder`, which are no part of the language and so not of the core.
 *
 * All of it works on a user's text, on the event loop: each function looks at each unit once, and makes no object for it.
 */

/** The length of `text` in UTF-8, in bytes. A lone surrogate counts as U+FFFD, three bytes. */
export function utf8Length(text: string): number {
  let bytes = 0;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) bytes += 1;
    else if (unit < 0x800) bytes += 2;
    else if (isHighSurrogate(unit) && isLowSurrogate(text.charCodeAt(index + 1))) {
      bytes += 4;
      index++;
    } else bytes += 3;
  }
  return bytes;
}

/** As much of the beginning of `text` as `maxBytes` of UTF-8 hold, and no half of a character. */
export function utf8Head(text: string, maxBytes: number): { text: string; bytes: number } {
  let bytes = 0;
  let index = 0;
  while (index < text.length) {
    const unit = text.charCodeAt(index);
    const isPair = isHighSurrogate(unit) && isLowSurrogate(text.charCodeAt(index + 1));
    const added = unit < 0x80 ? 1 : unit < 0x800 ? 2 : isPair ? 4 : 3;
    if (bytes + added > maxBytes) break;
    bytes += added;
    index += isPair ? 2 : 1;
  }
  return { text: text.slice(0, index), bytes };
}

/** Whether every surrogate in `text` has its partner, so that it can be written as UTF-8 without loss. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

/** `text` as UTF-8. A lone surrogate becomes U+FFFD. */
export function encodeUtf8(text: string): Uint8Array {
  const bytes = new Uint8Array(utf8Length(text));
  let at = 0;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) {
      bytes[at++] = unit;
      continue;
    }
    if (unit < 0x800) {
      bytes[at++] = 0xc0 | (unit >> 6);
      bytes[at++] = 0x80 | (unit & 0x3f);
      continue;
    }
    let point = unit;
    if (isHighSurrogate(unit) && isLowSurrogate(text.charCodeAt(index + 1))) {
      point = 0x10000 + ((unit - 0xd800) << 10) + (text.charCodeAt(++index) - 0xdc00);
      bytes[at++] = 0xf0 | (point >> 18);
      bytes[at++] = 0x80 | ((point >> 12) & 0x3f);
    } else {
      if (isHighSurrogate(unit) || isLowSurrogate(unit)) point = replacement;
      bytes[at++] = 0xe0 | (point >> 12);
    }
    bytes[at++] = 0x80 | ((point >> 6) & 0x3f);
    bytes[at++] = 0x80 | (point & 0x3f);
  }
  return bytes;
}

/**
 * `bytes` read as UTF-8; each maximal invalid part becomes one U+FFFD, as the WHATWG Encoding standard says
 * (and as browsers and Node do). A byte order mark is kept.
 */
export function decodeUtf8(bytes: Uint8Array): string {
  const text = new TextOfUnits();
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at] ?? 0;
    if (first < 0x80) {
      text.add(first);
      at++;
      continue;
    }
    const length = sequenceLength(first);
    // How far the sequence goes on as it should.
    let end = at + 1;
    let point = first & (0xff >> (length + 1));
    for (; end < at + length; end++) {
      const next = bytes[end] ?? 0;
      const isSecond = end === at + 1;
      if (next < (isSecond ? lowestSecond(first) : 0x80) || next > (isSecond ? highestSecond(first) : 0xbf)) break;
      point = (point << 6) | (next & 0x3f);
    }
    if (length === 0 || end < at + length) text.add(replacement);
    else if (point < 0x10000) text.add(point);
    else {
      text.add(0xd800 + ((point - 0x10000) >> 10));
      text.add(0xdc00 + ((point - 0x10000) & 0x3ff));
    }
    at = end;
  }
  return text.take();
}

/** `text` with U+FFFD in place of each NUL. */
export function withoutNul(text: string): string {
  if (!text.includes("\0")) return text;
  const clean = new TextOfUnits();
  for (let index = 0; index < text.length; index++) clean.add(text.charCodeAt(index) || replacement);
  return clean.take();
}

/** A text that is put together from its code units, some thousands at a time. */
class TextOfUnits {
  readonly #units: number[] = new Array(chunkUnits).fill(0);
  readonly #parts: string[] = [];
  #filled = 0;

  add(unit: number): void {
    this.#units[this.#filled++] = unit;
    if (this.#filled === chunkUnits) this.#flush();
  }

  take(): string {
    this.#flush();
    return this.#parts.splice(0).join("");
  }

  #flush(): void {
    const units = this.#filled === chunkUnits ? this.#units : this.#units.slice(0, this.#filled);
    this.#parts.push(String.fromCharCode(...units));
    this.#filled = 0;
  }
}

const replacement = 0xfffd;
/** Arguments of one `String.fromCharCode` call, of which V8 takes about so many fastest. */
const chunkUnits = 1024;

export const isHighSurrogate = (unit: number) => unit >= 0xd800 && unit <= 0xdbff;
const isLowSurrogate = (unit: number) => unit >= 0xdc00 && unit <= 0xdfff;

/** How many bytes a sequence has that begins with `first`; 0: none does (Table 3-7 of the Unicode Standard). */
function sequenceLength(first: number): number {
  if (first < 0xc2 || first > 0xf4) return 0;
  return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/** Which second bytes a first byte allows: no longer form than needed, no surrogate, nothing above U+10FFFF (the same table). */
const lowestSecond = (first: number) => (first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80);
const highestSecond = (first: number) => (first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf);
