/**
 * Text and bytes without `TextEncoder` or `TextDecoder`, which are no part of the language and so not of the core.
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

/** Whether every surrogate in `text` has its partner, so that it can be written as UTF-8 without loss. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

/** `text` as UTF-8. A lone surrogate becomes U+FFFD. */
export function encodeUtf8(text: string): Uint8Array {
  const bytes = new Uint8Array(utf8Length(text));
  let at = 0;
  for (const character of text) {
    let point = character.codePointAt(0) ?? 0;
    if (point >= 0xd800 && point <= 0xdfff) point = replacement;
    if (point < 0x80) bytes[at++] = point;
    else if (point < 0x800) {
      bytes[at++] = 0xc0 | (point >> 6);
      bytes[at++] = 0x80 | (point & 0x3f);
    } else if (point < 0x10000) {
      bytes[at++] = 0xe0 | (point >> 12);
      bytes[at++] = 0x80 | ((point >> 6) & 0x3f);
      bytes[at++] = 0x80 | (point & 0x3f);
    } else {
      bytes[at++] = 0xf0 | (point >> 18);
      bytes[at++] = 0x80 | ((point >> 12) & 0x3f);
      bytes[at++] = 0x80 | ((point >> 6) & 0x3f);
      bytes[at++] = 0x80 | (point & 0x3f);
    }
  }
  return bytes;
}

/**
 * `bytes` read as UTF-8; each maximal invalid part becomes one U+FFFD, as the WHATWG Encoding standard says
 * (and as browsers and Node do). A byte order mark is kept.
 */
export function decodeUtf8(bytes: Uint8Array): string {
  const parts: string[] = [];
  let units: number[] = [];
  const push = (point: number) => {
    if (point < 0x10000) units.push(point);
    else units.push(0xd800 + ((point - 0x10000) >> 10), 0xdc00 + ((point - 0x10000) & 0x3ff));
    if (units.length >= chunkUnits) {
      parts.push(String.fromCharCode(...units));
      units = [];
    }
  };
  for (let at = 0; at < bytes.length; ) {
    const { point, length } = decodeOne(bytes, at);
    push(point);
    at += length;
  }
  parts.push(String.fromCharCode(...units));
  return parts.join("");
}

const replacement = 0xfffd;
/** Arguments of one `String.fromCharCode` call: large enough to be fast, small enough for every engine's stack. */
const chunkUnits = 8192;

const isHighSurrogate = (unit: number) => unit >= 0xd800 && unit <= 0xdbff;
const isLowSurrogate = (unit: number) => unit >= 0xdc00 && unit <= 0xdfff;

function decodeOne(bytes: Uint8Array, at: number): { point: number; length: number } {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return { point: first, length: 1 };
  const shape = sequenceShape(first);
  if (shape === undefined) return { point: replacement, length: 1 };
  let point = first & shape.mask;
  for (let offset = 1; offset < shape.length; offset++) {
    const next = bytes[at + offset];
    const [low, high] = offset === 1 ? [shape.low, shape.high] : [0x80, 0xbf];
    if (next === undefined || next < low || next > high) return { point: replacement, length: offset };
    point = (point << 6) | (next & 0x3f);
  }
  return { point, length: shape.length };
}

/** Table 3-7 of the Unicode Standard: which second bytes a first byte allows. */
function sequenceShape(first: number): { length: number; mask: number; low: number; high: number } | undefined {
  if (first >= 0xc2 && first <= 0xdf) return { length: 2, mask: 0x1f, low: 0x80, high: 0xbf };
  if (first === 0xe0) return { length: 3, mask: 0x0f, low: 0xa0, high: 0xbf };
  if (first === 0xed) return { length: 3, mask: 0x0f, low: 0x80, high: 0x9f };
  if (first >= 0xe1 && first <= 0xef) return { length: 3, mask: 0x0f, low: 0x80, high: 0xbf };
  if (first === 0xf0) return { length: 4, mask: 0x07, low: 0x90, high: 0xbf };
  if (first >= 0xf1 && first <= 0xf3) return { length: 4, mask: 0x07, low: 0x80, high: 0xbf };
  if (first === 0xf4) return { length: 4, mask: 0x07, low: 0x80, high: 0x8f };
  return undefined;
}
