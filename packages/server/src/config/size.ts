/** Sizes: `1MiB`, `256KiB`, or a plain number of bytes. */

const unitBytes: Record<string, number> = { "": 1, B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

/** @returns bytes; undefined for what is no size, or no whole number of bytes. */
export function parseSize(text: string): number | undefined {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?) ?([KMG]iB|B)?$/.exec(text) ?? [];
  const factor = unitBytes[unit];
  if (number === undefined || factor === undefined) return undefined;
  const bytes = Number(number) * factor;
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}
