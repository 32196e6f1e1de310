/**
 * One member of a JSON object (RFC 8259), without making anything of the others.
 *
 * A client may send as many values, and as deep ones, as fit into a body. `JSON.parse` makes an object of each, which takes
 * ten times as long as passing over it, and can't be done in slices.
 */
import type { Turns } from "@gorunner/core";

/** It takes a millisecond or two, whatever is in it. */
const sliceUnits = 64 * 1024;

const object = 0x7b;
const array = 0x5b;
const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;
const comma = 0x2c;
const minus = 0x2d;

/**
 * @returns the text of the value of the last member with that name; undefined without one, and where `text` is no object.
 * @throws SyntaxError unless `text` is JSON.
 */
export async function jsonMember(text: string, name: string, turns: Turns): Promise<string | undefined> {
  /** What is open, outermost first. */
  const open: number[] = [];
  /** Where the value of the wanted member begins, while it is passed over. */
  let start = -1;
  let found: string | undefined;
  /** Whether a member's name comes next, and not a value. */
  let isKey = false;
  let at = blanksEnd(text, 0);
  let sliceEnd = sliceUnits;
  const nextSlice = () => {
    sliceEnd = at + sliceUnits;
    return turns.next();
  };
  for (;;) {
    if (at >= sliceEnd) await nextSlice();
    if (isKey) {
      const end = stringEnd(text, at);
      const isWanted = open.length === 1 && isName(text, at, end, name);
      at = blanksEnd(text, end);
      if (text.charCodeAt(at) !== colon) fail(at);
      at = blanksEnd(text, at + 1);
      if (isWanted) start = at;
    }
    const first = text.charCodeAt(at);
    if (first === object || first === array) {
      open.push(first);
      at = blanksEnd(text, at + 1);
      isKey = first === object;
      // An empty one is closed below.
      if (text.charCodeAt(at) !== closerOf(first)) continue;
    } else at = scalarEnd(text, at);
    for (;;) {
      if (at >= sliceEnd) await nextSlice();
      if (start !== -1 && open.length === 1) {
        found = text.slice(start, at);
        start = -1;
      }
      at = blanksEnd(text, at);
      const inner = open.at(-1);
      if (inner === undefined) return at === text.length ? found : fail(at);
      const next = text.charCodeAt(at++);
      if (next === comma) {
        isKey = inner === object;
        at = blanksEnd(text, at);
        break;
      }
      if (next !== closerOf(inner)) fail(at);
      open.pop();
    }
  }
}

const closerOf = (opener: number) => opener + 2;

function fail(at: number): never {
  throw new SyntaxError(`the JSON is malformed at ${at}`);
}

function blanksEnd(text: string, start: number): number {
  let at = start;
  while (isBlank(text.charCodeAt(at))) at++;
  return at;
}

/** Whether the string from `start` to `end` says `name`, whose characters have no escape but by their number. */
function isName(text: string, start: number, end: number, name: string): boolean {
  let at = start + 1;
  for (let index = 0; index < name.length; index++) {
    const isEscaped = text.startsWith("\\u", at);
    const unit = isEscaped ? Number.parseInt(text.slice(at + 2, at + 6), 16) : text.charCodeAt(at);
    if (unit !== name.charCodeAt(index)) return false;
    at += isEscaped ? 6 : 1;
  }
  return at === end - 1;
}

function scalarEnd(text: string, at: number): number {
  const first = text.charCodeAt(at);
  if (first === quote) return stringEnd(text, at);
  if (first === minus || isDigit(first)) return numberEnd(text, at);
  const literal = first === 0x74 ? "true" : first === 0x66 ? "false" : "null";
  return text.startsWith(literal, at) ? at + literal.length : fail(at);
}

function stringEnd(text: string, start: number): number {
  if (text.charCodeAt(start) !== quote) fail(start);
  let at = start + 1;
  for (let unit = text.charCodeAt(at); unit !== quote; unit = text.charCodeAt(at)) {
    // Neither at the end of the text nor for a control character, which has to be escaped.
    if (!(unit >= 0x20)) fail(at);
    at = unit === backslash ? escapeEnd(text, at) : at + 1;
  }
  return at + 1;
}

function escapeEnd(text: string, start: number): number {
  const kind = text.charCodeAt(start + 1);
  if (kind !== 0x75) return simpleEscapes.has(kind) ? start + 2 : fail(start);
  for (let at = start + 2; at < start + 6; at++) if (!isHexDigit(text.charCodeAt(at))) fail(at);
  return start + 6;
}

function numberEnd(text: string, start: number): number {
  let at = text.charCodeAt(start) === minus ? start + 1 : start;
  at = text.charCodeAt(at) === 0x30 ? at + 1 : digitsEnd(text, at);
  if (text.charCodeAt(at) === 0x2e) at = digitsEnd(text, at + 1);
  const exponent = text.charCodeAt(at);
  if (exponent !== 0x65 && exponent !== 0x45) return at;
  const sign = text.charCodeAt(at + 1);
  return digitsEnd(text, sign === 0x2b || sign === minus ? at + 2 : at + 1);
}

function digitsEnd(text: string, start: number): number {
  let at = start;
  while (isDigit(text.charCodeAt(at))) at++;
  return at > start ? at : fail(at);
}

const isBlank = (unit: number) => unit === 0x20 || unit === 0x09 || unit === 0x0a || unit === 0x0d;
const isDigit = (unit: number) => unit >= 0x30 && unit <= 0x39;
const isHexDigit = (unit: number) => isDigit(unit) || (unit >= 0x41 && unit <= 0x46) || (unit >= 0x61 && unit <= 0x66);
/** Those of `"\/bfnrt`. */
const simpleEscapes = new Set(Array.from('"\\/bfnrt', (character) => character.charCodeAt(0)));
