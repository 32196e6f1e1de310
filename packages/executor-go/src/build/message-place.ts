/** The place that a message of the toolchain begins with. */
import { blanksEnd } from "../text/words.js";

export interface MessagePlace {
  file: string;
  row: number;
  column?: number;
  /** Where the message begins. */
  end: number;
}

/** What a line begins with: `prog.go:5:2: `, `go.mod:1: `, behind blanks. */
export function placeOf(line: string): MessagePlace | undefined {
  const start = blanksEnd(line, 0);
  const colon = line.indexOf(":", start);
  if (colon === -1) return undefined;
  const file = line.slice(start, colon);
  if (file !== "go.mod" && (file.length < "x.go".length || !file.endsWith(".go"))) return undefined;
  const row = numberAt(line, colon + 1);
  if (row === undefined) return undefined;
  if (line.startsWith(": ", row.end)) return { file, row: row.value, end: row.end + 2 };
  const column = line[row.end] === ":" ? numberAt(line, row.end + 1) : undefined;
  if (column === undefined || !line.startsWith(": ", column.end)) return undefined;
  return { file, row: row.value, column: column.value, end: column.end + 2 };
}

/** More digits are no line or column of a file. */
const maxDigits = 10;

function numberAt(line: string, start: number): { value: number; end: number } | undefined {
  let end = start;
  while (end - start <= maxDigits && isDigit(line.charCodeAt(end))) end++;
  return end === start || end - start > maxDigits ? undefined : { value: Number(line.slice(start, end)), end };
}

const isDigit = (unit: number) => unit >= 0x30 && unit <= 0x39;
