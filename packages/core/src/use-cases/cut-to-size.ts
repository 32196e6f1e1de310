/** What is cut off a snippet that would take too much of the store. */
import { size } from "../domain/report.js";
import { type SnippetTexts, snippetOverheadBytes } from "../domain/stored-size.js";
import { utf8Length } from "../domain/text.js";
import type { Turns } from "../ports/turns.js";
import { utf8HeadInSlices, utf8LengthInSlices } from "./in-slices.js";

export interface CutTexts<Given extends SnippetTexts> {
  texts: Given;
  /** As `storedSizeOf` counts them. */
  storedBytes: number;
}

/**
 * `texts` with output and error cut, where all three together take more than `maxBytes`. What is cut ends with a line that
 * says so. Each of both keeps at least a half of the room if it needs it; an error keeps its last line, which says how the program
 * ended.
 */
export async function cutToSize<Given extends SnippetTexts>(texts: Given, maxBytes: number, turns: Turns): Promise<CutTexts<Given>> {
  const codeBytes = utf8Length(texts.code);
  const room = Math.max(0, maxBytes - codeBytes);
  const outputBytes = await utf8LengthInSlices(texts.output, turns);
  const errorBytes = await utf8LengthInSlices(texts.error, turns);
  if (outputBytes + errorBytes <= room) return { texts, storedBytes: snippetOverheadBytes + codeBytes + outputBytes + errorBytes };
  const errorRoom = Math.min(errorBytes, Math.max(Math.floor(room / 2), room - outputBytes));
  const note = `[cut when it was shared: a snippet is stored with at most ${size(maxBytes)}]\n`;
  const cut = async (text: string, { bytes, end, maxBytes }: { bytes: number; end: string; maxBytes: number }) => {
    if (bytes <= maxBytes) return { text, bytes };
    const head = await utf8HeadInSlices(text, maxBytes - utf8Length(note) - utf8Length(end) - 1, turns);
    const tail = `${head.text === "" || head.text.endsWith("\n") ? "" : "\n"}${note}${end}`;
    return { text: head.text + tail, bytes: head.bytes + utf8Length(tail) };
  };
  const output = await cut(texts.output, { bytes: outputBytes, end: "", maxBytes: room - errorRoom });
  const error = await cut(texts.error, { bytes: errorBytes, end: lastLineOf(texts.error), maxBytes: errorRoom });
  return {
    texts: { ...texts, output: output.text, error: error.text },
    storedBytes: snippetOverheadBytes + codeBytes + output.bytes + error.bytes,
  };
}

/** Empty where it is too long to be a verdict. */
function lastLineOf(text: string): string {
  const line = text.slice(text.lastIndexOf("\n", text.length - 2) + 1);
  return line.length <= longestVerdict ? line : "";
}

const longestVerdict = 200;
