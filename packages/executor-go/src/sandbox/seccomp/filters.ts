/** The filters under which sandboxes run, compiled for this machine. */
import { createHash, randomUUID } from "node:crypto";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Architecture, architectureOf } from "./architecture.js";
import { encode } from "./bpf.js";
import { compilePolicy } from "./compile-policy.js";
import { aroundRunPolicy, buildPolicy, fetchPolicy, runPolicy, runPolicyByRlimits } from "./policies.js";
import type { Policy } from "./policy.js";

/** What a sandbox is for: our tools, the same with a way to module proxies, or a user's program. */
export type Purpose = "build" | "fetch" | "run";

export interface Filters {
  /** A file with the filter for all that is in the sandbox, the supervisor too. */
  sandbox: string;
  /** A stricter one for the program alone; absent: none. */
  program?: Uint8Array;
}

export type SandboxFilters = Readonly<Record<Purpose, Filters>>;

export interface FilterOptions {
  /** Where the files are kept, under names that tell their content. */
  directory: string;
  /** Whether control groups count all memory. */
  exactMemory: boolean;
  /** As in `process.arch`. */
  architecture?: string;
}

/** @throws RunnerError UNAVAILABLE on an architecture for which there are none. */
export async function writeFilters({ directory, exactMemory, architecture: name = process.arch }: FilterOptions): Promise<SandboxFilters> {
  const architecture = architectureOf(name);
  const filter = (policy: (architecture: Architecture) => Policy) => encode(compilePolicy(policy(architecture), architecture));
  const file = async (purpose: Purpose, policy: (architecture: Architecture) => Policy) => {
    const bytes = filter(policy);
    const path = join(directory, `${purpose}-${createHash("sha256").update(bytes).digest("hex").slice(0, 16)}.bpf`);
    // Written aside and renamed: of two servers that start at once, neither sees half a file.
    const aside = `${path}.${randomUUID()}`;
    await writeFile(aside, bytes, { mode: 0o644 });
    await rename(aside, path);
    return path;
  };
  await mkdir(directory, { recursive: true });
  return {
    build: { sandbox: await file("build", buildPolicy) },
    fetch: { sandbox: await file("fetch", fetchPolicy) },
    run: { sandbox: await file("run", aroundRunPolicy), program: filter(exactMemory ? runPolicy : runPolicyByRlimits) },
  };
}
