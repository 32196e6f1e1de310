/** The lines that Go's testing package writes about a test (testing.go, cmd/internal/test2json in Go's source). */

export type TestLine =
  | { kind: "turn"; what: string; name: string }
  | { kind: "verdict"; word: "PASS" | "FAIL" | "SKIP" | "BENCH"; name: string; elapsedMs: number }
  | { kind: "end" };

/** Whose output follows; the name can be empty. */
const turn = /^=== (RUN|PAUSE|CONT|NAME|ATTR|ARTIFACTS) +(\S*)/;
/** A benchmark's has no time. */
const verdict = /^--- (PASS|FAIL|SKIP|BENCH): (\S+)(?: \((\d+(?:\.\d+)?)s\))?$/;

/** @returns undefined for a line that Go does not write. */
export function testLineOf(data: Buffer): TestLine | undefined {
  const line = data.toString("utf8").replace(/\r?\n$/, "");
  if (line === "PASS" || line === "FAIL") return { kind: "end" };
  const begun = turn.exec(line);
  if (begun !== null) return { kind: "turn", what: begun[1] ?? "", name: begun[2] ?? "" };
  const ended = verdict.exec(line);
  if (ended === null) return undefined;
  const [, word, name = "", seconds = "0"] = ended;
  return { kind: "verdict", word: word as "PASS" | "FAIL" | "SKIP" | "BENCH", name, elapsedMs: Number(seconds) * 1000 };
}

export const isBenchmark = (name: string) => name.startsWith("Benchmark");

export const isBeneath = (name: string, ancestor: string) => name.startsWith(`${ancestor}/`);
