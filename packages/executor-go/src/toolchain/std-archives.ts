/**
 * The compiled standard library, in one flavour. Go ships it as source: somebody pays for its compilation once per
 * toolchain and set of build tags, and it should not be a user's build time.
 *
 * Archives live in a GOCACHE that only this class writes; builds of users' code see it read-only.
 */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Logger, SourceFile, Turns } from "@gorunner/core";
import { SharedWork } from "../pool/shared-work.js";
import { Slices } from "../text/slices.js";
import type { Toolchain } from "./find-toolchain.js";
import { type GoCommand, runGo } from "./go-command.js";
import { hasImportConfig, type ImportConfigParts, isInternal, writeImportConfig } from "./import-config.js";
import { Progress } from "./progress.js";
import { quotedNames } from "./quoted-names.js";
import { makeTemporary } from "./temporary.js";

export interface StdArchivesParts {
  toolchain: Toolchain;
  buildCache: string;
  /** Where the import configuration of this flavour is, once everything is compiled. */
  directory: string;
  /** The clock of the programs that are built with it. */
  clock: Clock;
  logger: Logger;
  turns: Turns;
}

export type Clock = "real" | "fake";

/** The flags under which the standard library, and the programs with it, are compiled for a clock. */
const flavourFlags: Record<Clock, string[]> = { real: [], fake: ["-tags=faketime"] };

/** What nearly every snippet imports; enough for the first hello. */
const firstPackages = ["fmt", "os", "strings", "time"];
/** How often the log tells how far the compilation is. */
const progressMs = 5_000;

export class StdArchives {
  readonly #parts: StdArchivesParts;
  readonly #closing = new AbortController();
  readonly #built = new Set<string>();
  readonly #underWay = new Map<string, Promise<void>>();
  readonly #vetted = new Set<string>();
  readonly #vetting = new SharedWork<void>();
  #packages: ReadonlySet<string> = new Set();
  #prepared: Promise<void> | undefined;
  #everything: Promise<void> | undefined;
  #complete = false;

  constructor(parts: StdArchivesParts) {
    this.#parts = parts;
  }

  /** Builds the first few packages, and learns which there are. Later calls do nothing. */
  prepare(): Promise<void> {
    this.#prepared ??= this.#prepare().catch((error: unknown) => {
      // The next program tries again.
      this.#prepared = undefined;
      throw error;
    });
    return this.#prepared;
  }

  /** Builds all the rest in the background, at the lowest priority. Also keeps Go from trimming what is in daily use. */
  completeInBackground(): void {
    const { logger, clock } = this.#parts;
    const start = performance.now();
    this.#everything ??= this.#compileAll().then(
      () => {
        logger.info("the standard library is compiled", { clock, seconds: Math.round((performance.now() - start) / 1000) });
      },
      (error: unknown) => {
        if (this.#closing.signal.aborted) return;
        logger.warn("compiling the standard library in the background failed; packages are compiled when first imported", {
          clock,
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
   * Resolves when the packages that these files may import are compiled.
   *
   * It looks for their quoted names anywhere in the text: a name too many costs nothing, and one that it misses (an
   * import path spelled with escapes) is compiled in the sandbox, as part of that build.
   */
  async ensureFor(files: SourceFile[]): Promise<void> {
    if (!this.#complete) await this.ensure(await this.#importedBy(files));
  }

  /** Resolves when these packages are compiled; other names than those of the standard library's are passed over. */
  async ensure(packages: string[]): Promise<void> {
    if (this.#complete) return;
    const missing = this.#importable(packages).filter((name) => !this.#built.has(name));
    if (missing.length > 0) await this.#buildOnce(missing);
  }

  /**
   * Resolves when go vet has looked at the packages that these files may import, and at all that those import: it needs
   * to know which of their functions print, and which never return.
   */
  async ensureVetFor(files: SourceFile[]): Promise<void> {
    await this.ensureVet(await this.#importedBy(files));
  }

  /** The same for these packages. */
  async ensureVet(packages: string[]): Promise<void> {
    // Everything needs the runtime.
    const needed = new Set(["runtime", ...this.#importable(packages)]);
    const missing = [...needed].filter((name) => !this.#vetted.has(name));
    if (missing.length > 0) await this.#vetting.join(missing.join(" "), () => this.#vet(missing), undefined);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled([this.#prepared, this.#everything, ...this.#underWay.values()]);
  }

  async #prepare(): Promise<void> {
    this.#complete = await hasImportConfig(this.#importConfig);
    const [list] = await Promise.all([this.#go(["list", "std"]), this.#complete ? undefined : this.#build(firstPackages)]);
    this.#packages = new Set(list.trim().split("\n"));
  }

  async #compileAll(): Promise<void> {
    const { logger, clock } = this.#parts;
    const background = { background: true, signal: this.#closing.signal };
    const tell = (progress: string) => logger.info(`compiling the standard library: ${progress} packages`, { clock });
    using progress = new Progress({ total: this.#packages.size, everyMs: progressMs, tell });
    await this.#go(["build", "-v", "-trimpath", ...this.#flags, "std"], { ...background, onLine: () => progress.step() });
    if (!this.#complete) await writeImportConfig(this.#importConfig, background);
    this.#complete = true;
  }

  get #flags(): string[] {
    return flavourFlags[this.#parts.clock];
  }

  get #importConfig(): ImportConfigParts {
    const { toolchain, buildCache, directory } = this.#parts;
    return { toolchain, buildCache, directory, flags: this.#flags };
  }

  async #importedBy(files: SourceFile[]): Promise<string[]> {
    const slices = new Slices(this.#parts.turns);
    const names = await Promise.all(files.map(({ content }) => quotedNames(content, this.#packages, slices)));
    return this.#importable([...new Set(names.flatMap((each) => [...each]))]);
  }

  #importable(names: string[]): string[] {
    return names.filter((name) => this.#packages.has(name) && !isInternal(name)).sort();
  }

  /** By looking at a program that imports them; go keeps what it has found out of each. */
  async #vet(packages: string[]): Promise<void> {
    const { toolchain, buildCache, directory } = this.#parts;
    await mkdir(directory, { recursive: true, mode: 0o755 });
    const cwd = await makeTemporary(directory);
    try {
      await writeFile(join(cwd, "prog.go"), `package main\n\n${packages.map((name) => `import _ "${name}"\n`).join("")}\nfunc main() {}\n`);
      // The same flags as in the sandbox (builder/vet.go), or go would not find there what it has found out here.
      const args = ["vet", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", ...this.#flags, "-json", "prog.go"];
      await runGo({ toolchain, args, buildCache, cwd, signal: this.#closing.signal });
      for (const name of packages) this.#vetted.add(name);
    } finally {
      await rm(cwd, { recursive: true, force: true });
    }
  }

  #buildOnce(packages: string[]): Promise<void> {
    const key = packages.join(" ");
    const known = this.#underWay.get(key);
    if (known !== undefined) return known;
    const { logger, clock } = this.#parts;
    logger.info("compiling packages of the standard library for their first use", { packages, clock });
    const build = this.#build(packages).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, build);
    return build;
  }

  async #build(packages: string[]): Promise<void> {
    await this.#go(["build", "-trimpath", ...this.#flags, ...packages]);
    for (const name of packages) this.#built.add(name);
  }

  #go(args: string[], options: Pick<GoCommand, "background" | "onLine"> = {}): Promise<string> {
    const { toolchain, buildCache } = this.#parts;
    return runGo({ toolchain, args, buildCache, cwd: buildCache, signal: this.#closing.signal, ...options });
  }
}
