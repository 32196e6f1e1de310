/** The tier of bubblewrap: namespaces for everything, a read-only root with nothing of the host's in it. See bubblewrap.ts. */
import type { ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";
import { bubblewrapArgs, statusFd } from "./bubblewrap.js";
import type { Cgroups } from "./cgroups.js";
import { SupervisedSandbox } from "./supervised-sandbox.js";
import type { ResourceMode, Sandbox, SandboxStart, SandboxTier } from "./tier.js";
import { firstPid } from "./wires.js";

export interface BubblewrapParts {
  bubblewrap: string;
  supervisor: string;
  etc: string;
  /** Absent where only rlimits hold. */
  cgroups: Cgroups | undefined;
}

export class BubblewrapTier implements SandboxTier {
  readonly name = "bubblewrap";
  readonly resources: ResourceMode;
  readonly #parts: BubblewrapParts;

  constructor(parts: BubblewrapParts) {
    this.#parts = parts;
    this.resources = parts.cgroups?.name ?? "rlimits";
  }

  start(start: SandboxStart): Promise<Sandbox> {
    const { bubblewrap, supervisor, etc, cgroups } = this.#parts;
    const launch = {
      command: bubblewrap,
      args: bubblewrapArgs({ ...start.layout, supervisor, etc }),
      firstPid: (child: ChildProcess) => firstPid(child.stdio[statusFd] as Readable),
      locate: (path: string) => path,
      // The supervisor is pid 1 of its pid namespace: the kernel ends everything with it.
      clear: async () => {},
    };
    return SupervisedSandbox.start({ start, launch, cgroups });
  }
}
