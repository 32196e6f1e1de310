/** What a run of the bench finds: lines of a table, each with its reference and its target, and curves. */
import type { ServerReport } from "./server/server-report.js";
import type { Point, Summary } from "./statistics.js";
import type { Target } from "./targets.js";

export interface Line {
  work: string;
  /** What was measured: `gRPC`, `REST`, `RSS`. */
  subject: string;
  unit: string;
  /** `p99` is absent where a figure is already one over many, as a rate is. */
  measured: Omit<Summary, "p99"> & { p99?: number };
  /** What it stands beside, measured in the same run and unit. */
  reference?: { name: string; measured: Summary };
  /** What the target is about: the ratio to the reference where `unit` of the target is `×`, else the figure itself. */
  target?: Target;
}

export interface RowResult {
  id: string;
  lines: Line[];
  /** Absent where no run was asked for. */
  server?: ServerReport;
  notes: string[];
  curve?: Curve;
}

export interface Curve {
  title: string;
  x: Axis;
  y: Axis;
  series: { name: string; points: Point[] }[];
}

export interface Axis {
  label: string;
  logarithmic: boolean;
}

/** Ours by the reference's. */
export function ratioOf({ measured, reference }: Line): number | undefined {
  return reference === undefined ? undefined : measured.median / reference.measured.median;
}

export type Verdict = "aim met" | "met" | "not met" | "reported";

export function verdictOf(line: Line): Verdict {
  const { target } = line;
  if (target === undefined) return "reported";
  const figure = target.unit === "×" ? ratioOf(line) : line.measured[target.of ?? "median"];
  if (figure === undefined) throw new Error(`${line.work}: the target asks for what was not measured`);
  const reaches = (bound: number) => (target.bound === "at most" ? figure <= bound : figure >= bound);
  if (target.aim !== undefined && reaches(target.aim)) return "aim met";
  return reaches(target.land) ? "met" : "not met";
}
