/** The lines that Go's testing package writes about a test (testing.go, cmd/internal/test2json in Go's source). */
import { blanksEnd, wordEnd } from "../text/words.js";

type Verdict = "PASS" | "FAIL" | "SKIP" | "BENCH";

export type TestLine =
  | { kind: "turn"; what: string; name: string }
  | { kind: "verdict"; word: Verdict; name: string; elapsedMs: number }
  | { kind: "end" };

/** What says whose output follows; the name can be empty. */
const turns = new Set(["RUN", "PAUSE", "CONT", "NAME", "ATTR", "ARTIFACTS"]);
const verdicts: ReadonlySet<string> = new Set<Verdict>(["PASS", "FAIL", "SKIP", "BENCH"]);
/** A benchmark's verdict has no time. */
const time = /^ \((\d{1,10}(?:\.\d{1,10})?)s\)$/;

/** @returns undefined for a line that Go does not write. */
export function testLineOf(data: Buffer): TestLine | undefined {
  const line = withoutEnd(data.toString("utf8"));
  if (line === "PASS" || line === "FAIL") return { kind: "end" };
  return line.startsWith("=== ") ? turnOf(line) : line.startsWith("--- ") ? verdictOf(line) : undefined;
}

/** `=== RUN   TestA` */
function turnOf(line: string): TestLine | undefined {
  const end = wordEnd(line, 4);
  const what = line.slice(4, end);
  if (!turns.has(what) || line[end] !== " ") return undefined;
  const start = blanksEnd(line, end);
  return { kind: "turn", what, name: line.slice(start, wordEnd(line, start)) };
}

/** `--- PASS: TestA (0.01s)` */
function verdictOf(line: string): TestLine | undefined {
  const colon = line.indexOf(": ", 4);
  const word = line.slice(4, colon);
  if (colon === -1 || !isVerdict(word)) return undefined;
  const start = colon + 2;
  const end = wordEnd(line, start);
  const rest = line.slice(end);
  const [, seconds] = time.exec(rest) ?? [];
  if (end === start || (rest !== "" && seconds === undefined)) return undefined;
  return { kind: "verdict", word, name: line.slice(start, end), elapsedMs: Number(seconds ?? 0) * 1000 };
}

const isVerdict = (word: string): word is Verdict => verdicts.has(word);

function withoutEnd(line: string): string {
  if (!line.endsWith("\n")) return line;
  return line.slice(0, line.endsWith("\r\n") ? -2 : -1);
}

export const isBenchmark = (name: string) => name.startsWith("Benchmark");

export const isBeneath = (name: string, ancestor: string) => name.startsWith(ancestor) && name[ancestor.length] === "/";
