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
