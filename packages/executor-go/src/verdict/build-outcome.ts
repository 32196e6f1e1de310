/** Why did the build end? */
import { internal, type Outcome, unavailable } from "@gorunner/core";
import type { SandboxResult } from "../sandbox/tier.js";
import { saysOutOfMemory } from "./out-of-memory.js";

export type BuildOutcome = Extract<Outcome, "ok" | "compile_error" | "build_timeout" | "build_limit">;

/** With this exit code the builder says that it could not do its own work (builder/main.go). */
const builderFailed = 3;

/**
 * `exactMemory`: whether a memory cgroup was in force, so that its silence means that memory was not the cause. `isWhole`:
 * whether all was built that was to be, where the build has succeeded.
 * @throws RunnerError INTERNAL when the build could not even be started, or failed for a reason of ours; UNAVAILABLE when
 *   there was no room for what was built.
 */
export function buildOutcomeOf(
  result: SandboxResult,
  { output, exactMemory, isWhole }: { output: string; exactMemory: boolean; isWhole: boolean },
): { outcome: BuildOutcome; inferred: boolean } {
  const { end } = result;
  const failure = end?.failure ?? end?.unstartable;
  if (failure !== undefined) throw internal(`the build could not be started: ${failure}`);
  if (end?.exitCode === builderFailed && end.killedFor === undefined) throw internal("the builder failed", new Error(output.trim()));
  if (end?.hostFailure !== undefined) throw unavailable("the server has no room for a binary now", new Error(end.hostFailure));
  if (end?.killedFor === "timeout") return { outcome: "build_timeout", inferred: false };
  if (result.memoryKills > 0 || end === undefined || end.killedFor !== undefined || end.artifactFailure !== undefined) {
    return { outcome: "build_limit", inferred: false };
  }
  const succeeded = end.exitCode === 0 && end.signal === 0;
  if (succeeded && isWhole) return { outcome: "ok", inferred: false };
  if (!exactMemory && saysOutOfMemory(output)) return { outcome: "build_limit", inferred: true };
  if (succeeded) return { outcome: "ok", inferred: false };
  return { outcome: end.signal === 0 ? "compile_error" : "build_limit", inferred: false };
}
