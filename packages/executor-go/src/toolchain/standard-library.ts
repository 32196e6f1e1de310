/** The compiled standard library in all its flavours: for the real clock from the start, for the fake one when first asked for. */
import { join } from "node:path";
import type { SourceFile } from "@gorunner/core";
import { type Clock, StdArchives, type StdArchivesParts } from "./std-archives.js";

export class StandardLibrary {
  readonly buildCache: string;
  /** Holds the import configuration of each flavour in a folder of its name. */
  readonly directory: string;
  readonly #flavours: Record<Clock, StdArchives>;

  constructor(parts: Omit<StdArchivesParts, "clock">) {
    const { buildCache, directory } = parts;
    this.buildCache = buildCache;
    this.directory = directory;
    const flavour = (clock: Clock) => new StdArchives({ ...parts, clock, directory: join(directory, clock) });
    this.#flavours = { real: flavour("real"), fake: flavour("fake") };
  }

  /** Compiles what an ordinary program needs. */
  prepare(): Promise<void> {
    return this.#flavours.real.prepare();
  }

  /** Compiles the rest, at the lowest priority. */
  completeInBackground(): void {
    this.#flavours.real.completeInBackground();
  }

  /** Resolves when the background work has ended. */
  completed(): Promise<void> {
    return this.#flavours.real.completed();
  }

  /** Resolves when the packages that these files may import are compiled for its clock. */
  async ensureFor(files: SourceFile[], clock: Clock): Promise<void> {
    const flavour = this.#flavours[clock];
    await flavour.prepare();
    await flavour.ensureFor(files);
    flavour.completeInBackground();
  }

  /** The same for packages by their names, once the program's own imports have been seen to; with what go vet must know where it is asked. */
  async ensure(packages: string[], { clock, vet = false }: { clock: Clock; vet?: boolean }): Promise<void> {
    await this.#flavours[clock].ensure(packages);
    if (vet) await this.#flavours[clock].ensureVet(packages);
  }

  /** Resolves when go vet knows what it must of the packages that these files may import. */
  ensureVetFor(files: SourceFile[], clock: Clock): Promise<void> {
    return this.#flavours[clock].ensureVetFor(files);
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.#flavours).map((flavour) => flavour.close()));
  }
}
