/**
 * Prometheus' text format rewritten as OpenMetrics 1.0.
 *
 * prom-client can write OpenMetrics itself, but then renames the counters that it writes for good, so that the same
 * process can no longer serve both formats; and it writes bounds of buckets as `le="1"`, where OpenMetrics wants floats.
 */
export function openMetricsText(prometheusText: string): string {
  const lines = prometheusText.split("\n").filter((line) => line !== "");
  const counters = new Set(lines.map((line) => /^# TYPE (\S+)_total counter$/.exec(line)?.[1]));
  return `${lines.map((line) => openMetricsLine(line, counters)).join("\n")}\n# EOF\n`;
}

function openMetricsLine(line: string, counters: Set<string | undefined>): string {
  const [, kind, family, rest] = /^# (HELP|TYPE) (\S+)_total (.*)$/.exec(line) ?? [];
  // A counter's family has no suffix, its samples do.
  if (family !== undefined) return counters.has(family) ? `# ${kind} ${family} ${rest}` : line;
  return line.replace(/(?<=[{,]le=")([0-9]+)(?=")/, "$1.0");
}
