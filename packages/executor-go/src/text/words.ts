/** Where words and blanks end in a line, each found in one pass. Blanks are those of ASCII. */

export const isSpace = (unit: number) => unit === 0x20 || (unit >= 0x09 && unit <= 0x0d);

export function blanksEnd(line: string, start: number): number {
  let end = start;
  while (end < line.length && isSpace(line.charCodeAt(end))) end++;
  return end;
}

export function wordEnd(line: string, start: number): number {
  let end = start;
  while (end < line.length && !isSpace(line.charCodeAt(end))) end++;
  return end;
}

/** Where lines begin in `text` that start with `start`. */
export function* linesThatStart(text: string, start: string): Generator<number> {
  for (let at = text.indexOf(start); at !== -1; at = text.indexOf(start, at + 1)) {
    if (at === 0 || text[at - 1] === "\n") yield at;
  }
}
