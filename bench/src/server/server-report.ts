/** What the server itself says about the runs of a row: in its log, and in its metrics. */

import type { Gorunner } from "@gorunner/e2e/support/gorunner.js";
import { countersAt, meanMs, since } from "./counters.js";

export interface ServerReport {
  tier: string;
  resources: string;
  /** How often each way of building was taken, in the server's words. */
  paths: Record<string, number>;
  /** The same of linkers. */
  linkers: Record<string, number>;
  /** Builds that the direct path did not do, of all builds. */
  fallbacks: number | undefined;
  cache: { hits: number; misses: number };
  /** Means by the server's own clock. */
  phasesMs: Record<Phase, number>;
  /** The same of a RunCode call from its request to its answer, over both transports: phases and all that is around them. */
  callMs: number;
}

type Phase = "queue" | "build" | "run";

/** Begins now; the function that it answers ends it. */
export async function reportOf(server: Gorunner): Promise<() => Promise<ServerReport>> {
  const before = { logged: server.logs.length, counters: await countersAt(server.metrics) };
  return async () => {
    const counted = since(before.counters, await countersAt(server.metrics));
    const ready = server.logs.find(({ msg }) => msg === "the executor is ready");
    const phaseMs = (phase: Phase) => meanMs(counted, "runner_execution_phase_seconds", [`phase="${phase}"`]);
    const calls = ["grpc", "http"].map((transport) => `transport="${transport}",method="RunCode"`);
    return {
      tier: told(ready?.["tier"]),
      resources: told(ready?.["resources"]),
      ...buildsIn(server.logs.slice(before.logged).filter(({ msg }) => msg === "built")),
      cache: { hits: counted('runner_build_cache_total{result="hit"}'), misses: counted('runner_build_cache_total{result="miss"}') },
      phasesMs: { queue: phaseMs("queue"), build: phaseMs("build"), run: phaseMs("run") },
      callMs: meanMs(counted, "runner_request_duration_seconds", calls),
    };
  };
}

const told = (value: unknown) => (value === undefined ? "not told" : String(value));

function buildsIn(lines: Gorunner["logs"]): Pick<ServerReport, "paths" | "linkers" | "fallbacks"> {
  const direct = lines.filter(({ taken }) => told(taken).startsWith("direct")).length;
  return {
    paths: counts(lines.map(({ taken }) => told(taken))),
    linkers: counts(lines.map(({ linker }) => told(linker))),
    fallbacks: lines.length === 0 ? undefined : (lines.length - direct) / lines.length,
  };
}

function counts(names: string[]): Record<string, number> {
  const counted: Record<string, number> = {};
  for (const name of names) counted[name] = (counted[name] ?? 0) + 1;
  return counted;
}
