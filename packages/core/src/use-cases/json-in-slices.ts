/** A message as JSON, whose long texts are written in slices; see {@link Turns}. */
import type { Turns } from "../ports/turns.js";

/** A control character becomes six, and a lone surrogate takes longest. */
const sliceUnits = 32 * 1024;

/** What `JSON.stringify` makes of `message`. */
export async function jsonInSlices(message: object, turns: Turns): Promise<string> {
  if (Object.values(message).every((value) => typeof value !== "string" || value.length <= sliceUnits)) return JSON.stringify(message);
  const members: string[] = [];
  for (const [name, value] of Object.entries(message)) {
    if (value === undefined) continue;
    members.push(`${JSON.stringify(name)}:${typeof value === "string" ? await textInSlices(value, turns) : JSON.stringify(value)}`);
  }
  return `{${members.join(",")}}`;
}

async function textInSlices(text: string, turns: Turns): Promise<string> {
  const parts: string[] = [];
  for (let start = 0, end = 0; start < text.length; start = end) {
    if (start > 0) await turns.next();
    end = start + sliceUnits;
    // Both halves of a character in one slice: alone they would be written as escapes.
    if (isHighSurrogate(text.charCodeAt(end - 1)) && isLowSurrogate(text.charCodeAt(end))) end++;
    parts.push(JSON.stringify(text.slice(start, end)).slice(1, -1));
  }
  return `"${parts.join("")}"`;
}

const isHighSurrogate = (unit: number) => unit >= 0xd800 && unit <= 0xdbff;
const isLowSurrogate = (unit: number) => unit >= 0xdc00 && unit <= 0xdfff;
