/** Durations as Go writes them (time.ParseDuration): `5s`, `1m30s`, `1.5h`, `500ms`. */

const unitMs: Record<string, number> = { ns: 1e-6, us: 1e-3, µs: 1e-3, μs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

const part = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/gy;

/** @returns milliseconds, possibly a fraction; undefined for what Go would refuse, and for negative durations. */
export function parseDuration(text: string): number | undefined {
  const unsigned = text.startsWith("+") ? text.slice(1) : text;
  if (unsigned === "0") return 0;
  let total = 0;
  let end = 0;
  for (const match of unsigned.matchAll(part)) {
    const [all, number = "", unit = ""] = match;
    total += Number(number) * (unitMs[unit] ?? Number.NaN);
    end = match.index + all.length;
  }
  if (end === 0 || end !== unsigned.length) return undefined;
  // Go counts whole nanoseconds; so does this, which also drops the noise of adding binary fractions.
  return Math.round(total * 1e6) / 1e6;
}
