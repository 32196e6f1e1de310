/** How many executions a machine can take at once. */
import { availableParallelism, totalmem } from "node:os";
import { defaultLimits, type Limits } from "@gorunner/core";
import { buildMemoryBytes, fetchMemoryBytes } from "../build/build-limits.js";

export interface Machine {
  processors: number;
  memoryBytes: number;
}

/** What is left to the server itself and to the rest of the machine. */
const reservedBytes = 256 * 1024 * 1024;

/**
 * As many as there are processors, and no more than fit into memory when each takes all that it may. At least one.
 *
 * @param machine default: what this process has, with the limits of its control group (in a container: the container's).
 */
export function hostConcurrency(limits: Partial<Limits> = {}, machine: Machine = thisMachine()): number {
  return Math.max(1, Math.min(machine.processors, fitting(limits, machine)));
}

/** How many more may run, for callers of whom nothing does: one, where it fits into memory beside the others. */
export function hostGuests(limits: Partial<Limits> = {}, machine: Machine = thisMachine()): number {
  return fitting(limits, machine) > hostConcurrency(limits, machine) ? 1 : 0;
}

/** How many fetches of modules run beside the executions; they wait for proxies most of the time. */
export function hostFetches({ memoryBytes }: Machine = thisMachine()): number {
  return Math.max(1, Math.min(maxFetches, Math.floor(memoryBytes / 4 / fetchMemoryBytes)));
}

const maxFetches = 8;

function fitting(limits: Partial<Limits>, { memoryBytes }: Machine): number {
  // An execution is either being built or runs.
  const largest = Math.max(buildMemoryBytes, limits.memoryBytes ?? defaultLimits.memoryBytes);
  return Math.floor((memoryBytes - reservedBytes) / largest);
}

function thisMachine(): Machine {
  // 0, or more than there is, where no control group limits it (process.constrainedMemory in Node's documentation).
  const constrained = process.constrainedMemory() || Number.POSITIVE_INFINITY;
  return { processors: availableParallelism(), memoryBytes: Math.min(constrained, totalmem()) };
}
