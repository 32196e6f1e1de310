/** The tier of bubblewrap: namespaces for everything, a read-only root with nothing of the host's in it. See bubblewrap.ts. */
import { join } from "node:path";
import { RunnerError, unavailable } from "@gorunner/core";
import { bubblewrapArgs } from "./bubblewrap.js";
import type { Cgroups } from "./cgroups.js";
import { findNamespaceLacks, lacksTold } from "./host-lacks.js";
import { killTitled } from "./kill-session.js";
import type { SandboxFilters } from "./seccomp/filters.js";
import type { Spawner } from "./spawner.js";
import { startSandbox } from "./start-sandbox.js";
import type { ResourceMode, Sandbox, SandboxStart, SandboxTier } from "./tier.js";

export interface BubblewrapParts {
  bubblewrap: string;
  /** Where the spawner keeps files in memory. */
  memory: string;
  filters: SandboxFilters;
  spawner: Spawner;
  /** The server's name, by which its sandboxes are found that outlive it. */
  owner: string;
  /** Absent where only rlimits hold. */
  cgroups: Cgroups | undefined;
}

export class BubblewrapTier implements SandboxTier {
  readonly name = "bubblewrap";
  readonly seccomp = "all";
  readonly resources: ResourceMode;
  readonly parts: BubblewrapParts;
  #started = 0;

  constructor(parts: BubblewrapParts) {
    this.parts = parts;
    this.resources = parts.cgroups?.name ?? "rlimits";
  }

  async start(start: SandboxStart): Promise<Sandbox> {
    return this.#start(start).catch(async (error: unknown) => {
      throw await withCauses(error);
    });
  }

  #start(start: SandboxStart): Promise<Sandbox> {
    const { bubblewrap, memory, filters, spawner, owner, cgroups } = this.parts;
    const { sandbox, program } = filters[start.purpose];
    const { programBytes } = start.layout;
    const name = `app-${this.#started++}`;
    const app = programBytes === undefined ? {} : { app: join(memory, name) };
    return startSandbox({
      start,
      cgroups,
      spawner,
      launch: {
        command: bubblewrap,
        args: bubblewrapArgs({ ...start.layout, ...app, purpose: start.purpose, memory }),
        title: titleOf(owner),
        hasStatus: true,
        locate: (path: string) => path,
        sandboxFilter: sandbox,
        ...(program === undefined ? {} : { programFilter: program }),
        ...(programBytes === undefined ? {} : { memory: { name, bytes: programBytes } }),
        install: (file, spawned) => spawned.install(file),
        isExposed: false,
        // The supervisor is pid 1 of its pid namespace: the kernel ends everything with it.
        clear: async () => {},
      },
    });
  }
}

/** What bubblewrap is called in the host's list of processes. It ends with its own name, which its messages begin with. */
const titleOf = (owner: string) => `gorunner-${owner}/bwrap`;

/**
 * Ends what a dead server's bubblewrap has left: where bubblewrap is killed before it lets its child go on, that child waits
 * for ever. Control groups, where there are any, find it too.
 */
export const endSandboxesOf = (owner: string): Promise<void> => killTitled(titleOf(owner));

/** Adds to a failure what stands in the way on this host, where that can be read off it. */
async function withCauses(error: unknown): Promise<unknown> {
  if (!(error instanceof RunnerError) || error.code !== "UNAVAILABLE") return error;
  const lacks = await findNamespaceLacks();
  return lacks.length === 0 ? error : unavailable(`${error.message}; ${lacksTold(lacks)}`, error.cause);
}
