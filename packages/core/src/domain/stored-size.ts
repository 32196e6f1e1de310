/** How much of the store a snippet takes. */
import type { NewSnippet } from "./snippet.js";
import { utf8Length } from "./text.js";

export type SnippetTexts = Pick<NewSnippet, "code" | "output" | "error">;

/** What a snippet takes besides its texts: its row, keys and times, and their places in indexes. */
export const snippetOverheadBytes = 512;

/** What a snippet counts for in the store: its texts in UTF-8, and {@link snippetOverheadBytes}. */
export const storedSizeOf = ({ code, output, error }: SnippetTexts): number =>
  utf8Length(code) + utf8Length(output) + utf8Length(error) + snippetOverheadBytes;
