/** How much of the store a snippet takes, and what is cut off one that would take too much. */
import { size } from "./report.js";
import type { NewSnippet } from "./snippet.js";
import { utf8Length } from "./text.js";

type Texts = Pick<NewSnippet, "code" | "output" | "error">;

/** What a snippet takes besides its texts: its row, keys and times, and their places in indexes. */
export const snippetOverheadBytes = 512;

/** What a snippet counts for in the store: its texts in UTF-8, and {@link snippetOverheadBytes}. */
export const storedSizeOf = ({ code, output, error }: Texts): number =>
  utf8Length(code) + utf8Length(output) + utf8Length(error) + snippetOverheadBytes;

/**
 * `texts` with output and error cut, where all three together take more than `maxBytes`. What is cut ends with a line that
 * says so. Each of both keeps at least a half of the room if it needs it; an error keeps its last line, which says how the program
 * ended.
 */
export function cutToSize<Given extends Texts>(texts: Given, maxBytes: number): Given {
  const room = Math.max(0, maxBytes - utf8Length(texts.code));
  const [outputBytes, errorBytes] = [utf8Length(texts.output), utf8Length(texts.error)];
  if (outputBytes + errorBytes <= room) return texts;
  const errorRoom = Math.min(errorBytes, Math.max(Math.floor(room / 2), room - outputBytes));
  const note = `[cut when it was shared: a snippet is stored with at most ${size(maxBytes)}]\n`;
  return {
    ...texts,
    output: cut(texts.output, { maxBytes: room - errorRoom, note, end: "" }),
    error: cut(texts.error, { maxBytes: errorRoom, note, end: lastLineOf(texts.error) }),
  };
}

function cut(text: string, { maxBytes, note, end }: { maxBytes: number; note: string; end: string }): string {
  if (utf8Length(text) <= maxBytes) return text;
  const head = headOf(text, maxBytes - utf8Length(note) - utf8Length(end) - 1);
  return `${head}${head === "" || head.endsWith("\n") ? "" : "\n"}${note}${end}`;
}

/** As much of its beginning as `maxBytes` hold, and no half of a character. */
function headOf(text: string, maxBytes: number): string {
  let bytes = 0;
  let end = 0;
  for (const character of text) {
    bytes += utf8Length(character);
    if (bytes > maxBytes) break;
    end += character.length;
  }
  return text.slice(0, end);
}

/** Empty where it is too long to be a verdict. */
function lastLineOf(text: string): string {
  const line = text.slice(text.lastIndexOf("\n", text.length - 2) + 1);
  return line.length <= longestVerdict ? line : "";
}

const longestVerdict = 200;
