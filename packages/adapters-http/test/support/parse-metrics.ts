import assert from "node:assert/strict";

/** A sample's value by its name and its labels, the labels in the order of their names. */
export type Samples = Map<string, number>;

/**
 * Reads the text formats of Prometheus as strictly as OpenMetrics 1.0 asks for: a family's lines stand together, a
 * TYPE comes before its samples, names fit their types, and no sample stands twice.
 */
export function parseMetrics(text: string, format: "prometheus" | "openmetrics"): { samples: Samples; types: Map<string, string> } {
  const samples: Samples = new Map();
  const types = new Map<string, string>();
  let family = "";
  for (const line of bodyLines(text, format)) {
    const meta = /^# (HELP|TYPE) ([a-zA-Z_:][\w:]*) (.+)$/.exec(line);
    if (meta !== null) {
      const [, kind, name = "", value = ""] = meta;
      if (kind === "HELP") assert.ok(!types.has(name), `${name} stands twice`);
      else types.set(name, value);
      family = name;
      continue;
    }
    const [, name = "", labels = "", value = ""] =
      /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? assert.fail(`not a sample: ${line}`);
    assert.ok(sampleNames(family, types.get(family), format).includes(name), `${name} in ${family}, a ${types.get(family)}`);
    const key = name + sortedLabels(labels, format);
    assert.ok(!samples.has(key), `${key} stands twice`);
    assert.ok(/^nan$/i.test(value) || !Number.isNaN(Number(value)), line);
    samples.set(key, Number(value));
  }
  return { samples, types };
}

function bodyLines(text: string, format: "prometheus" | "openmetrics"): string[] {
  assert.ok(text.endsWith("\n"));
  const lines = text.slice(0, -1).split("\n");
  if (format === "prometheus") return lines.filter((line) => line !== "");
  assert.equal(lines.pop(), "# EOF");
  assert.ok(!lines.includes("") && !lines.includes("# EOF"));
  return lines;
}

function sampleNames(family: string, type: string | undefined, format: "prometheus" | "openmetrics"): string[] {
  switch (type) {
    case "counter":
      return [format === "openmetrics" ? `${family}_total` : family];
    case "gauge":
      return [family];
    case "histogram":
      return ["_bucket", "_sum", "_count"].map((suffix) => family + suffix);
    default:
      return assert.fail(`${family} is a ${type}`);
  }
}

function sortedLabels(labels: string, format: "prometheus" | "openmetrics"): string {
  if (labels === "") return "";
  const pairs = labels.match(/[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*"/g) ?? [];
  assert.equal(pairs.join(","), labels);
  const le = pairs.find((pair) => pair.startsWith("le="));
  // OpenMetrics wants bounds as floats.
  if (format === "openmetrics" && le !== undefined) assert.match(le, /^le="([0-9]+\.[0-9]+|[0-9.]+e[+-]?[0-9]+|\+Inf)"$/);
  return `{${pairs.sort().join(",")}}`;
}
