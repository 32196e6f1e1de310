/** A message as JSON, whose long texts are written in slices. */
import type { Turns } from "@gorunner/core";

/** Control characters take six bytes each, and lone surrogates longer than any other to be written. */
const sliceUnits = 32 * 1024;

/** What `JSON.stringify` makes of `message`, in UTF-8. */
export async function jsonBytes(message: object, turns: Turns): Promise<Buffer> {
  if (Object.values(message).every((value) => typeof value !== "string" || value.length <= sliceUnits)) {
    return Buffer.from(JSON.stringify(message));
  }
  const parts: Buffer[] = [];
  let before = "{";
  for (const [name, value] of Object.entries(message)) {
    if (value === undefined) continue;
    parts.push(Buffer.from(`${before}${JSON.stringify(name)}:`));
    if (typeof value === "string") await addText(parts, value, turns);
    else parts.push(Buffer.from(JSON.stringify(value)));
    before = ",";
  }
  parts.push(Buffer.from("}"));
  return Buffer.concat(parts);
}

async function addText(parts: Buffer[], text: string, turns: Turns): Promise<void> {
  parts.push(Buffer.from('"'));
  for (let start = 0, end = 0; start < text.length; start = end) {
    if (start > 0) await turns.next();
    end = start + sliceUnits;
    // Both halves of a character in one slice: alone they would be written as escapes.
    if (isHighSurrogate(text.charCodeAt(end - 1)) && isLowSurrogate(text.charCodeAt(end))) end++;
    parts.push(Buffer.from(JSON.stringify(text.slice(start, end)).slice(1, -1)));
  }
  parts.push(Buffer.from('"'));
}

const isHighSurrogate = (unit: number) => unit >= 0xd800 && unit <= 0xdbff;
const isLowSurrogate = (unit: number) => unit >= 0xdc00 && unit <= 0xdfff;
