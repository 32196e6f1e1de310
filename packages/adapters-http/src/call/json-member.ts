/**
 * One member of a JSON object (RFC 8259), without making anything of the others.
 *
 * A client may send as many values, and as deep ones, as fit into a body. `JSON.parse` makes an object of each, which takes
 * ten times as long as passing over it, and can't be done in slices.
 */
import type { Turns } from "@gorunner/core";
import {
  blanksEnd,
  charactersEnd,
  digitAt,
  digitsEnd,
  exponentStart,
  fail,
  integerStart,
  isDigit,
  isExponent,
  literalEnd,
  minus,
  point,
  quote,
  type RunEnd,
} from "./json-tokens.js";

/** It takes a millisecond or two, whatever is in it. */
const sliceUnits = 64 * 1024;

const object = 0x7b;
const array = 0x5b;
const colon = 0x3a;
const comma = 0x2c;

/** A place in a text. A run of units can be as long as the text, so it is passed over in slices too. */
class Place {
  readonly #text: string;
  readonly #turns: Turns;
  #sliceEnd = sliceUnits;
  at = 0;

  constructor(text: string, turns: Turns) {
    this.#text = text;
    this.#turns = turns;
  }

  unit(): number {
    return this.#text.charCodeAt(this.at);
  }

  /** Passes over a run. @returns whether it is behind; else the slice has ended, and {@link goOn} is next. */
  passed(runEnd: RunEnd): boolean {
    this.at = runEnd(this.#text, this.at, this.#sliceEnd);
    return this.at < this.#sliceEnd;
  }

  async goOn(runEnd: RunEnd): Promise<void> {
    do {
      this.#sliceEnd = this.at + sliceUnits;
      await this.#turns.next();
    } while (!this.passed(runEnd));
  }
}

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
  const place = new Place(text, turns);
  if (!place.passed(blanksEnd)) await place.goOn(blanksEnd);
  for (;;) {
    if (isKey) {
      const keyStart = place.at;
      if (place.unit() !== quote) fail(place.at);
      place.at++;
      if (!place.passed(charactersEnd)) await place.goOn(charactersEnd);
      place.at++;
      const isWanted = open.length === 1 && isName(text, keyStart, place.at, name);
      if (!place.passed(blanksEnd)) await place.goOn(blanksEnd);
      if (place.unit() !== colon) fail(place.at);
      place.at++;
      if (!place.passed(blanksEnd)) await place.goOn(blanksEnd);
      if (isWanted) start = place.at;
    }
    const first = place.unit();
    if (first === object || first === array) {
      open.push(first);
      place.at++;
      if (!place.passed(blanksEnd)) await place.goOn(blanksEnd);
      isKey = first === object;
      // An empty one is closed below.
      if (place.unit() !== closerOf(first)) continue;
    } else if (first === quote) {
      place.at++;
      if (!place.passed(charactersEnd)) await place.goOn(charactersEnd);
      place.at++;
    } else if (first === minus || isDigit(first)) {
      place.at = integerStart(text, place.at);
      if (!place.passed(digitsEnd)) await place.goOn(digitsEnd);
      if (place.unit() === point) {
        place.at = digitAt(text, place.at + 1);
        if (!place.passed(digitsEnd)) await place.goOn(digitsEnd);
      }
      if (isExponent(place.unit())) {
        place.at = exponentStart(text, place.at);
        if (!place.passed(digitsEnd)) await place.goOn(digitsEnd);
      }
    } else place.at = literalEnd(text, place.at);
    for (;;) {
      if (start !== -1 && open.length === 1) {
        found = text.slice(start, place.at);
        start = -1;
      }
      if (!place.passed(blanksEnd)) await place.goOn(blanksEnd);
      const inner = open.at(-1);
      if (inner === undefined) return place.at === text.length ? found : fail(place.at);
      const next = place.unit();
      place.at++;
      if (next === comma) {
        isKey = inner === object;
        if (!place.passed(blanksEnd)) await place.goOn(blanksEnd);
        break;
      }
      if (next !== closerOf(inner)) fail(place.at - 1);
      open.pop();
    }
  }
}

const closerOf = (opener: number) => opener + 2;

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
