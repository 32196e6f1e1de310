/** The parts of JSON's tokens (RFC 8259): where they begin and end in a text, which is looked at unit by unit. */
export const quote = 0x22;
const backslash = 0x5c;
export const minus = 0x2d;
export const point = 0x2e;
const zero = 0x30;

/** Where a run of units ends that goes on at `start`. One that reaches `limit` is told to end there, or a few units behind. */
export type RunEnd = (text: string, start: number, limit: number) => number;

export function fail(at: number): never {
  throw new SyntaxError(`the JSON is malformed at ${at}`);
}

export function blanksEnd(text: string, start: number, limit: number): number {
  let at = start;
  while (at < limit && isBlank(text.charCodeAt(at))) at++;
  return at;
}

export function literalEnd(text: string, at: number): number {
  const first = text.charCodeAt(at);
  const literal = first === 0x74 ? "true" : first === 0x66 ? "false" : "null";
  return text.startsWith(literal, at) ? at + literal.length : fail(at);
}

/** Those of a string: the end is its closing quote. */
export function charactersEnd(text: string, start: number, limit: number): number {
  let at = start;
  while (at < limit) {
    const unit = text.charCodeAt(at);
    if (unit === quote) break;
    // Neither at the end of the text nor for a control character, which has to be escaped.
    if (!(unit >= 0x20)) fail(at);
    at = unit === backslash ? escapeEnd(text, at) : at + 1;
  }
  return at;
}

function escapeEnd(text: string, start: number): number {
  const kind = text.charCodeAt(start + 1);
  if (kind !== 0x75) return simpleEscapes.has(kind) ? start + 2 : fail(start);
  for (let at = start + 2; at < start + 6; at++) if (!isHexDigit(text.charCodeAt(at))) fail(at);
  return start + 6;
}

/** Where a number's first digits begin, of which the first is 0 only if it is the only one. */
export function integerStart(text: string, start: number): number {
  const at = text.charCodeAt(start) === minus ? start + 1 : start;
  if (text.charCodeAt(at) === zero && isDigit(text.charCodeAt(at + 1))) fail(at + 1);
  return digitAt(text, at);
}

/** Where the exponent's digits begin, behind its sign. */
export function exponentStart(text: string, start: number): number {
  const sign = text.charCodeAt(start + 1);
  return digitAt(text, sign === 0x2b || sign === minus ? start + 2 : start + 1);
}

export const digitAt = (text: string, at: number) => (isDigit(text.charCodeAt(at)) ? at : fail(at));

export function digitsEnd(text: string, start: number, limit: number): number {
  let at = start;
  while (at < limit && isDigit(text.charCodeAt(at))) at++;
  return at;
}

const isBlank = (unit: number) => unit === 0x20 || unit === 0x09 || unit === 0x0a || unit === 0x0d;
export const isDigit = (unit: number) => unit >= 0x30 && unit <= 0x39;
export const isExponent = (unit: number) => unit === 0x65 || unit === 0x45;
const isHexDigit = (unit: number) => isDigit(unit) || (unit >= 0x41 && unit <= 0x46) || (unit >= 0x61 && unit <= 0x66);
/** Those of `"\/bfnrt`. */
const simpleEscapes = new Set(Array.from('"\\/bfnrt', (character) => character.charCodeAt(0)));
