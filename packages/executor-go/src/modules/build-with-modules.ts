/**
 * Builds a program; where that takes modules from elsewhere, fetches them in between, as a phase of its own that has no
 * execution's place.
 */
import { type CancelSignal, type ExecutionRequest, internal } from "@gorunner/core";
import type { StepOut } from "../pool/admission.js";
import { Cancellation } from "../pool/cancellation.js";
import type { StandardLibrary } from "../toolchain/standard-library.js";
import type { FailedFetch } from "./fetch-outcome.js";
import type { ModuleFetcher, ReadyModules } from "./module-fetcher.js";

export interface ModularParts {
  /** Absent: modules are off. */
  fetcher: Pick<ModuleFetcher, "fetch"> | undefined;
  library: Pick<StandardLibrary, "ensure">;
}

/** What an execution has taken before the build that is under way. */
export interface Spent {
  /** On waiting for a turn, or for the standard library's archives: nobody's fault, and no build time. */
  waitMs: number;
  fetchMs: number;
  buildMs: number;
}

export interface Attempt {
  source: ExecutionRequest;
  modules?: ReadyModules;
  spent: Spent;
}

export type Attempted<Done> = { outcome: "done"; done: Done } | { outcome: "needs_modules"; buildMs: number };

export interface ModularRequest {
  source: ExecutionRequest;
  /** Gives up this execution's place for a while. */
  stepOut: StepOut;
  signal: CancelSignal;
}

export type BuiltWithModules<Done> = { outcome: "done"; done: Done } | { outcome: "not_fetched"; fetch: FailedFetch; spent: Spent };

/** @param attempt builds, and does what comes behind. @throws RunnerError as the attempt, the fetcher and the turn do. */
export async function buildWithModules<Done>(
  { fetcher, library }: ModularParts,
  { source, stepOut, signal }: ModularRequest,
  attempt: (attempt: Attempt) => Promise<Attempted<Done>>,
): Promise<BuiltWithModules<Done>> {
  const first = await attempt({ source, spent: { waitMs: 0, fetchMs: 0, buildMs: 0 } });
  if (first.outcome === "done") return first;
  if (fetcher === undefined) throw internal("the builder asked for modules, which are off");
  const spent = { waitMs: 0, fetchMs: 0, buildMs: first.buildMs };
  let modules: FailedFetch | ReadyModules | undefined;
  try {
    const { waitedMs } = await stepOut(async () => {
      const start = performance.now();
      const fetched = await fetcher.fetch(source, { signal, ...(source.caller === undefined ? {} : { caller: source.caller }) });
      modules = fetched.modules;
      spent.waitMs = fetched.waitedMs;
      spent.fetchMs = performance.now() - start - fetched.waitedMs;
      if (modules.outcome !== "ok") return;
      const libraryStart = performance.now();
      using cancellation = new Cancellation([signal]);
      await cancellation.race(library.ensure(modules.std, source));
      spent.waitMs += performance.now() - libraryStart;
    });
    spent.waitMs += waitedMs;
    if (modules === undefined) throw internal("modules were neither fetched nor refused");
    if (modules.outcome !== "ok") return { outcome: "not_fetched", fetch: modules, spent };
    const second = await attempt({ source: { ...source, files: modules.files }, modules, spent });
    if (second.outcome !== "done") throw internal("the builder asked for modules again");
    return second;
  } finally {
    if (modules?.outcome === "ok") modules.release();
  }
}
