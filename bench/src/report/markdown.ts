/** The tables of a run: every figure with its reference and its target, and what the server said meanwhile. */
import { type Curve, type Line, type RowResult, ratioOf, verdictOf } from "../result.js";
import type { ServerReport } from "../server/server-report.js";
import type { Point } from "../statistics.js";
import type { Target } from "../targets.js";
import type { Conditions } from "./conditions.js";

export function markdownOf(conditions: Conditions, results: RowResult[]): string {
  const lines = results.flatMap((result) => result.lines);
  const withServer = results.flatMap(({ id, server }) => (server === undefined ? [] : [serverCells(id, server)]));
  const curves = results.flatMap(({ id, curve }) => (curve === undefined ? [] : [{ id, ...curve }]));
  return [
    "# What a run of `npm run bench` measured",
    "",
    conditions.told,
    "",
    table(
      ["work", "over", "n", "median", "p99", "reference", "its median", "its p99", "ratio", "must land at", "aim", ""],
      lines.map(cells),
    ),
    "",
    "What the server reported for each row; the phases, and the whole of a RunCode call, are means by its own clock, in ms:",
    "",
    table(
      ["row", "tier", "resources", "builds by path", "fallbacks", "cache hits / misses", "linker", "queue", "build", "run", "whole call"],
      withServer,
    ),
    "",
    ...results.flatMap(({ id, notes }) => notes.map((note) => `- ${id}: ${note}`)),
    "",
    ...curves.flatMap(({ id, ...curve }) => [`![${curve.title}](${id}.svg)`, "", curveTable(curve), ""]),
  ].join("\n");
}

function cells(line: Line): string[] {
  const { work, subject, unit, measured, reference, target } = line;
  const ratio = ratioOf(line);
  return [
    work,
    subject,
    String(measured.count),
    `${figure(measured.median)} ${unit}`.trim(),
    measured.p99 === undefined ? "" : figure(measured.p99),
    reference?.name ?? "",
    reference === undefined ? "" : figure(reference.measured.median),
    reference === undefined ? "" : figure(reference.measured.p99),
    ratio === undefined ? "" : `${ratio.toFixed(ratio < 0.2 ? 3 : 2)}×`,
    target === undefined ? "" : bound(target, target.land),
    target?.aim === undefined ? "" : bound(target, target.aim),
    target === undefined ? "reported" : `**${verdictOf(line)}**`,
  ];
}

const bound = (target: Target, at: number) =>
  `${target.of === "p99" ? "p99 " : ""}${target.bound === "at most" ? "≤" : "≥"} ${figure(at)}${target.unit === "×" ? "×" : ` ${target.unit}`}`.trim();

function serverCells(id: string, { tier, resources, paths, linkers, fallbacks, cache, phasesMs, callMs }: ServerReport): string[] {
  return [
    id,
    tier,
    resources,
    listed(paths) || "none built",
    fallbacks === undefined ? "" : `${(100 * fallbacks).toFixed(1)} %`,
    `${cache.hits} / ${cache.misses}`,
    listed(linkers),
    figure(phasesMs.queue),
    figure(phasesMs.build),
    figure(phasesMs.run),
    figure(callMs),
  ];
}

const listed = (counts: Record<string, number>) =>
  Object.entries(counts)
    .map(([name, count]) => `${name} ×${count}`)
    .join(", ");

/** A curve of many points is thinned out: the picture has them all. */
function curveTable({ title, x, y, series }: Curve): string {
  const thinned = (points: Point[]) => points.filter((_, index) => index % Math.ceil(points.length / 12) === 0);
  return table(
    [`${title}: ${x.label}`, ...thinned(series[0]?.points ?? []).map((point) => String(point.x))],
    series.map(({ name, points }) => [`${name}, ${y.label}`, ...thinned(points).map((point) => figure(point.y))]),
  );
}

/** Three digits that count. */
const figure = (value: number) => (Math.abs(value) >= 100 ? value.toFixed(0) : String(+value.toPrecision(3)));

const table = (head: string[], rows: string[][]) =>
  [head, head.map(() => "---"), ...rows].map((row) => `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`).join("\n");
