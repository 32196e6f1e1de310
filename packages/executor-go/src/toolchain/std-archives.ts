/**
 * The compiled standard library. Go ships it as source: somebody pays for its compilation once per toolchain, and it
 * should not be a user's build time.
 *
 * Archives live in a GOCACHE that only this class writes; builds of users' code see it read-only.
 */
import type { Logger } from "@gorunner/core";
import type { Toolchain } from "./find-toolchain.js";
import { runGo } from "./go-command.js";
import { hasImportConfig, type ImportConfigParts, writeImportConfig } from "./import-config.js";

/** What nearly every snippet imports; enough for the first hello. */
const firstPackages = ["fmt", "os", "strings", "time"];

export class StdArchives {
  readonly buildCache: string;
  /** Where the import configuration is, once everything is compiled. */
  readonly importConfig: string;
  readonly #toolchain: Toolchain;
  readonly #logger: Logger;
  readonly #closing = new AbortController();
  readonly #built = new Set<string>();
  readonly #underWay = new Map<string, Promise<void>>();
  #packages: ReadonlySet<string> = new Set();
  #everything: Promise<void> | undefined;
  #complete = false;

  constructor(parts: { toolchain: Toolchain; buildCache: string; importConfig: string; logger: Logger }) {
    this.#toolchain = parts.toolchain;
    this.buildCache = parts.buildCache;
    this.importConfig = parts.importConfig;
    this.#logger = parts.logger;
  }

  /** Builds the first few packages, and learns which there are. */
  async prepare(): Promise<void> {
    const [list] = await Promise.all([this.#go(["list", "std"]), this.#build(firstPackages)]);
    this.#packages = new Set(list.trim().split("\n"));
    this.#complete = await hasImportConfig(this.#parts);
  }

  /** Builds all the rest in the background, at the lowest priority. Also keeps Go from trimming what is in daily use. */
  completeInBackground(): void {
    const start = performance.now();
    this.#everything ??= this.#compileAll().then(
      () => {
        this.#logger.info("the standard library is compiled", { seconds: Math.round((performance.now() - start) / 1000) });
      },
      (error: unknown) => {
        if (this.#closing.signal.aborted) return;
        this.#logger.warn("compiling the standard library in the background failed; packages are compiled when first imported", {
          err: error,
        });
      },
    );
  }

  /** Resolves when the background work has ended. */
  async completed(): Promise<void> {
    await this.#everything;
  }

  /**
   * Resolves when the packages that `source` may import are compiled.
   *
   * It looks for their quoted names anywhere in the text: a name too many costs nothing, and one that it misses (an
   * import path spelled with escapes) is compiled in the sandbox, as part of that build.
   */
  async ensureFor(source: string): Promise<void> {
    if (this.#complete) return;
    const quoted = new Set([...source.matchAll(/["`]([a-z0-9/]+)["`]/g)].map((match) => match[1] ?? ""));
    const missing = [...quoted].filter((name) => this.#packages.has(name) && !this.#built.has(name));
    if (missing.length > 0) await this.#buildOnce(missing.sort());
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled([this.#everything, ...this.#underWay.values()]);
  }

  async #compileAll(): Promise<void> {
    const background = { background: true, signal: this.#closing.signal };
    await this.#go(["build", "-trimpath", "std"], background);
    if (!this.#complete) await writeImportConfig(this.#parts, background);
    this.#complete = true;
  }

  get #parts(): ImportConfigParts {
    return { toolchain: this.#toolchain, buildCache: this.buildCache, directory: this.importConfig };
  }

  #buildOnce(packages: string[]): Promise<void> {
    const key = packages.join(" ");
    const known = this.#underWay.get(key);
    if (known !== undefined) return known;
    this.#logger.info("compiling packages of the standard library for their first use", { packages });
    const build = this.#build(packages).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, build);
    return build;
  }

  async #build(packages: string[]): Promise<void> {
    await this.#go(["build", "-trimpath", ...packages]);
    for (const name of packages) this.#built.add(name);
  }

  #go(args: string[], options: { background?: boolean } = {}): Promise<string> {
    return runGo({
      toolchain: this.#toolchain,
      args,
      buildCache: this.buildCache,
      cwd: this.buildCache,
      signal: this.#closing.signal,
      ...options,
    });
  }
}
