/** Which modules a program turned out to need, remembered for a while: the same program again asks nobody. */
import type { SourceFile } from "@gorunner/core";

/** What a program turned out to be made of. */
export interface Resolution {
  /** The go.mod and the go.sum that say exactly which modules it uses; go.sum is empty for one that uses none. */
  mod: Uint8Array;
  sum: Uint8Array;
  /** The packages of the standard library, those that its modules need too. */
  std: string[];
}

/** A newer version of a module is noticed after that long; as many programs are remembered, of ordinary size. */
const keptMs = 5 * 60 * 1000;
const maxEntries = 256;
const maxBytes = 64 * 1024;

export class Resolutions {
  /** The oldest first. */
  readonly #kept = new Map<string, { resolution: Resolution; untilMs: number }>();

  keep(key: string, resolution: Resolution): void {
    if (this.#kept.has(key) || resolution.mod.length + resolution.sum.length > maxBytes) return;
    this.#kept.set(key, { resolution, untilMs: performance.now() + keptMs });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > maxEntries && oldest !== undefined) this.#kept.delete(oldest);
  }

  find(key: string): { outcome: "ok"; resolution: Resolution } | undefined {
    const found = this.#kept.get(key);
    if (found === undefined) return undefined;
    if (performance.now() < found.untilMs) return { outcome: "ok", resolution: found.resolution };
    this.#kept.delete(key);
    return undefined;
  }
}

/** The program with its resolution in place of its own go.mod and go.sum. */
export function resolvedFiles(files: SourceFile[], { mod, sum }: Resolution): SourceFile[] {
  const own = files.filter(({ path }) => path !== "go.mod" && path !== "go.sum");
  return [...own, { path: "go.mod", content: mod }, ...(sum.length === 0 ? [] : [{ path: "go.sum", content: sum }])];
}
