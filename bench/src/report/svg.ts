/** A curve as a small SVG: axes, a line and a colour for each series, its points. Readable on light and dark pages alike. */
import type { Axis, Curve } from "../result.js";
import type { Point } from "../statistics.js";

const width = 640;
const height = 360;
const plot = { left: 70, right: width - 20, bottom: height - 52 };
const colours = ["#1f77b4", "#d9730d", "#2ca02c", "#9467bd", "#d62728", "#17a2b8", "#8c6d31", "#e377c2"];
/** Names of series, in rows. */
const legend = { top: 36, rowHeight: 16, columnWidth: 140, columns: 4 };
const grey = "#808080";

interface Scale {
  /** Where on the page a value is. */
  at(value: number): number;
  ticks: number[];
}

export function svgOf({ title, x, y, series }: Curve): string {
  const points = series.flatMap((each) => each.points);
  const top = legend.top + legend.rowHeight * Math.ceil(series.length / legend.columns) - 4;
  const xs = scaleOf(
    x,
    points.map((point) => point.x),
    [plot.left, plot.right],
  );
  const ys = scaleOf(
    y,
    points.map((point) => point.y),
    [plot.bottom, top],
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12" fill="${grey}">`,
    text(plot.left, 18, title, 'font-size="14" font-weight="bold"'),
    ...xs.ticks.map((tick) => text(xs.at(tick), plot.bottom + 18, shown(tick), 'text-anchor="middle"')),
    ...ys.ticks.map((tick) => line(plot.left, ys.at(tick), plot.right, ys.at(tick), 'stroke-opacity="0.3"')),
    ...ys.ticks.map((tick) => text(plot.left - 8, ys.at(tick) + 4, shown(tick), 'text-anchor="end"')),
    line(plot.left, plot.bottom, plot.right, plot.bottom),
    text((plot.left + plot.right) / 2, height - 12, x.label, 'text-anchor="middle"'),
    text(16, (top + plot.bottom) / 2, y.label, `text-anchor="middle" transform="rotate(-90 16 ${(top + plot.bottom) / 2})"`),
    ...series.flatMap(({ name, points }, index) => drawn(name, points, { xs, ys, index })),
    "</svg>",
    "",
  ].join("\n");
}

function drawn(name: string, points: Point[], { xs, ys, index }: { xs: Scale; ys: Scale; index: number }): string[] {
  const colour = colours[index % colours.length];
  const places = points.map(({ x, y }) => `${xs.at(x).toFixed(1)},${ys.at(y).toFixed(1)}`);
  const [column, row] = [index % legend.columns, Math.floor(index / legend.columns)];
  return [
    `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${places.join(" ")}"/>`,
    ...points.map(({ x, y }) => `<circle cx="${xs.at(x).toFixed(1)}" cy="${ys.at(y).toFixed(1)}" r="3" fill="${colour}"/>`),
    text(plot.left + column * legend.columnWidth, legend.top + row * legend.rowHeight, `● ${name}`, `fill="${colour}"`),
  ];
}

function scaleOf({ logarithmic }: Axis, values: number[], [from, to]: [number, number]): Scale {
  const ticks = logarithmic ? powersAround(values) : stepsUpTo(Math.max(...values));
  const map = logarithmic ? (value: number) => Math.log10(Math.max(value, 1)) : (value: number) => value;
  const [low, high] = [map(ticks[0] ?? 0), map(ticks.at(-1) ?? 1)];
  return { at: (value) => from + ((map(value) - low) / (high - low)) * (to - from), ticks };
}

/** From 0, so that a curve's rise is seen as large as it is, in steps of 1, 2, 2.5 or 5 times a power of ten. */
function stepsUpTo(largest: number): number[] {
  const rough = Math.max(largest, Number.MIN_VALUE) / 6;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 2.5, 5].find((digit) => digit * power >= rough) ?? 10) * power;
  return Array.from({ length: Math.ceil(largest / step) + 1 }, (_, index) => step * index);
}

/** Powers of ten, the first not above any value, the last not below. */
function powersAround(values: number[]): number[] {
  const low = Math.floor(Math.log10(Math.max(1, Math.min(...values))));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(1, ...values))));
  return Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index));
}

const shown = (value: number) => (value >= 1e6 ? `${value / 1e6}M` : value >= 1e3 ? `${value / 1e3}k` : String(+value.toPrecision(3)));

const line = (x1: number, y1: number, x2: number, y2: number, more = "") =>
  `<line x1="${x1}" y1="${y1.toFixed(1)}" x2="${x2}" y2="${y2.toFixed(1)}" stroke="${grey}" ${more}/>`;

const text = (x: number, y: number, words: string, more: string) =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${words.replaceAll("&", "&amp;").replaceAll("<", "&lt;")}</text>`;
