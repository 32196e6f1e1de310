/** Chooses the tier: what the configuration asks for, or bubblewrap. Never none by itself. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { findBubblewrap, hostDevices } from "./sandbox/bubblewrap.js";
import { BubblewrapTier } from "./sandbox/bubblewrap-tier.js";
import { clearControlGroups } from "./sandbox/clear-cgroups.js";
import { writeEtc } from "./sandbox/etc.js";
import { findResources } from "./sandbox/find-cgroups.js";
import type { Lack } from "./sandbox/host-lacks.js";
import { NoTier } from "./sandbox/no-tier.js";
import { writeFilters } from "./sandbox/seccomp/filters.js";
import { Spawner } from "./sandbox/spawner.js";
import type { ResourceMode, SandboxTier } from "./sandbox/tier.js";

/** `auto` is bubblewrap. */
export type SandboxChoice = "auto" | SandboxTier["name"];
export type ResourceChoice = "auto" | ResourceMode;

export interface TierOptions {
  sandbox: SandboxChoice;
  resources: ResourceChoice;
  supervisor: string;
  /** Where the skeleton of /etc is written. */
  etc: string;
  workDir: string;
  /** What the names of this server's control groups begin with. */
  owner: string;
}

export interface OpenTier {
  tier: SandboxTier;
  /** What this host lacks for exact limits. */
  lacks: Lack[];
  /** Ends the start of those sandboxes that do not stand yet, and of all that follow. */
  stopStarting(): void;
  /** To be called when all sandboxes have been discarded. */
  close(): Promise<void>;
}

/** @throws RunnerError UNAVAILABLE when this host does not give what is asked for. */
export async function openTier({ sandbox, resources, supervisor, etc, workDir, owner }: TierOptions): Promise<OpenTier> {
  const { cgroups, lacks } = await findResources({ mode: resources, owner });
  const closing = (spawner: Spawner) => ({
    stopStarting: () => spawner.stopStarting(),
    close: async () => {
      await spawner.close();
      // Where the removal of some has failed.
      if (cgroups !== undefined) await clearControlGroups(owner, supervisor);
    },
  });
  const filters = await writeFilters({ directory: workDir, exactMemory: cgroups !== undefined });
  if (sandbox === "none") {
    const spawner = await Spawner.open(supervisor);
    return { tier: new NoTier({ supervisor, filters, spawner, cgroups, workDir }), lacks, ...closing(spawner) };
  }
  const bubblewrap = await findBubblewrap();
  await writeEtc(etc);
  const memory = join(workDir, "memory");
  await mkdir(memory);
  const spawner = await Spawner.open(supervisor, { directory: memory, etc, devices: hostDevices });
  const tier = new BubblewrapTier({ bubblewrap, memory, filters, spawner, owner, cgroups });
  return { tier, lacks, ...closing(spawner) };
}
