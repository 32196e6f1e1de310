/** Builds a program; where that takes modules from elsewhere, fetches them in between, as a phase of its own. */
import { type ExecutionRequest, internal } from "@gorunner/core";
import type { FailedBuild } from "../build/build-program.js";
import type { Builder, Destination, ProgramRequest } from "../build/builder.js";
import type { Product } from "../build/product.js";
import { Cancellation } from "../pool/cancellation.js";
import type { StandardLibrary } from "../toolchain/standard-library.js";
import type { FailedFetch } from "./fetch-outcome.js";
import type { ModuleFetcher } from "./module-fetcher.js";

export interface ModularParts {
  builder: Pick<Builder, "build">;
  /** Absent: modules are off. */
  fetcher: Pick<ModuleFetcher, "fetch"> | undefined;
  library: Pick<StandardLibrary, "ensure">;
}

export type NotBuilt = Omit<FailedBuild, "outcome"> & { outcome: FailedBuild["outcome"] | FailedFetch["outcome"] };

export interface TimedBuild {
  build: NotBuilt | { outcome: "ok"; product: Product };
  /** Spent on waiting for the standard library's archives: nobody's fault, and no build time. */
  waitMs: number;
  fetchMs: number;
  buildMs: number;
}

export interface ModularRequest extends ProgramRequest {
  source: ExecutionRequest;
}

/** Puts what the program becomes at `to`, if it can be built. @throws RunnerError as the builder and the fetcher do. */
export async function buildWithModules(
  { builder, fetcher, library }: ModularParts,
  request: ModularRequest,
  to: Destination,
): Promise<TimedBuild> {
  const { source, signal } = request;
  const watch = new Stopwatch();
  const build = await builder.build(request, to);
  const firstMs = watch.lap();
  if (build.outcome !== "needs_modules") return { build, waitMs: 0, fetchMs: 0, buildMs: firstMs };
  if (fetcher === undefined) throw internal("the builder asked for modules, which are off");
  const modules = await fetcher.fetch(source, signal);
  const fetchMs = watch.lap();
  if (modules.outcome !== "ok") return { build: { ...modules, inferred: false }, waitMs: 0, fetchMs, buildMs: firstMs };
  try {
    using cancellation = new Cancellation([signal]);
    await cancellation.race(library.ensure(modules.std, source));
    const waitMs = watch.lap();
    const built = await builder.build({ ...request, source: { ...source, files: modules.files }, modules }, to);
    if (built.outcome === "needs_modules") throw internal("the builder asked for modules again");
    return { build: built, waitMs, fetchMs, buildMs: firstMs + watch.lap() };
  } finally {
    modules.release();
  }
}

class Stopwatch {
  #from = performance.now();

  /** The time since it was last asked. */
  lap(): number {
    const from = this.#from;
    this.#from = performance.now();
    return this.#from - from;
  }
}
