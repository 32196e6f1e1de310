/** A message as JSON, whose long texts are written in slices; see {@link Turns}. */
import type { Turns } from "../ports/turns.js";

/** A control character becomes six, and a lone surrogate takes longest. */
const sliceUnits = 32 * 1024;

/** The parts of what `JSON.stringify` makes of `message`. */
export async function* jsonInSlices(message: object, turns: Turns): AsyncGenerator<string> {
  if (Object.values(message).every((value) => typeof value !== "string" || value.length <= sliceUnits)) {
    yield JSON.stringify(message);
    return;
  }
  let before = "{";
  for (const [name, value] of Object.entries(message)) {
    if (value === undefined) continue;
    yield `${before}${JSON.stringify(name)}:`;
    if (typeof value === "string") yield* textInSlices(value, turns);
    else yield JSON.stringify(value);
    before = ",";
  }
  yield "}";
}

async function* textInSlices(text: string, turns: Turns): AsyncGenerator<string> {
  yield '"';
  for (let start = 0, end = 0; start < text.length; start = end) {
    if (start > 0) await turns.next();
    end = start + sliceUnits;
    // Both halves of a character in one slice: alone they would be written as escapes.
    if (isHighSurrogate(text.charCodeAt(end - 1)) && isLowSurrogate(text.charCodeAt(end))) end++;
    yield JSON.stringify(text.slice(start, end)).slice(1, -1);
  }
  yield '"';
}

const isHighSurrogate = (unit: number) => unit >= 0xd800 && unit <= 0xdbff;
const isLowSurrogate = (unit: number) => unit >= 0xdc00 && unit <= 0xdfff;
