/**
 * The tier without walls, for hosts that have none and code that is trusted. Programs see the host's files, network and
 * processes as the user under which they run; what stays are limits, the filter of system calls, and that they end.
 *
 * Where the server is root, each sandbox has a user id of its own, and is ended with everything of that user's. Where it is
 * not, programs run as the server's own user: they can read and change whatever it can. The filter keeps them
 * from signals to others; our tools have no filter there.
 */
import { spawn } from "node:child_process";
import { chmod, chown, mkdtemp, open, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { unavailable } from "@gorunner/core";
import type { Cgroups } from "./cgroups.js";
import type { SandboxFilters } from "./seccomp/filters.js";
import type { Spawner } from "./spawner.js";
import { startSandbox } from "./start-sandbox.js";
import type { Locate, Mount, ProgramFile, ResourceMode, Sandbox, SandboxStart, SandboxTier } from "./tier.js";

export interface NoTierParts {
  supervisor: string;
  filters: SandboxFilters;
  spawner: Spawner;
  /** Absent where only rlimits hold. */
  cgroups: Cgroups | undefined;
  /** Where each sandbox gets a folder for what it writes. */
  workDir: string;
}

/** As the log, doctor and `/readyz` say it. */
export const noWalls =
  "sandbox: none — programs run WITHOUT WALLS: they can read this host's files, reach its network and see its processes. Use it for code that you trust, or set executor.sandbox to auto";

export class NoTier implements SandboxTier {
  readonly name = "none";
  readonly seccomp = "programs";
  readonly resources: ResourceMode;
  readonly #parts: NoTierParts;

  constructor(parts: NoTierParts) {
    this.#parts = parts;
    this.resources = parts.cgroups?.name ?? "rlimits";
  }

  async start(start: SandboxStart): Promise<Sandbox> {
    const { supervisor, filters, spawner, cgroups, workDir } = this.#parts;
    const { uid, layout, purpose } = start;
    const { program } = filters[purpose];
    // Fetches, which run nothing but our tools, share their user.
    const own = purpose === "fetch" ? undefined : uid;
    // Whoever had this id before may have been killed together with the server that would have cleared it.
    if (own !== undefined) await endAllOf(own, supervisor);
    const scratch = await mkdtemp(join(workDir, "tmp-"));
    const app = layout.programBytes === undefined ? undefined : await appDirectory(workDir);
    if (uid !== undefined) await chown(scratch, uid, uid);
    return startSandbox({
      start,
      cgroups,
      spawner,
      launch: {
        command: supervisor,
        args: [own === undefined ? "unwalled" : "unwalled-user", scratch],
        hasStatus: false,
        locate: locateIn(scratch, [
          ...(app === undefined ? [] : [{ from: app, to: "/app" }]),
          ...layout.readOnly,
          ...(layout.writable ?? []),
        ]),
        ...(program === undefined ? {} : { programFilter: program }),
        isExposed: true,
        install: async (file) => {
          if (app === undefined) throw new Error("this sandbox has no room for a program");
          await copyPart(file, join(app, "prog"));
        },
        clear: async () => {
          if (own !== undefined) await endAllOf(own, supervisor);
          await removeTree(scratch);
          if (app !== undefined) await rm(app, { recursive: true, force: true });
        },
      },
    });
  }
}

/** Which the program's user can read, but not change where the server is another. */
async function appDirectory(workDir: string): Promise<string> {
  const directory = await mkdtemp(join(workDir, "app-"));
  await chmod(directory, 0o755);
  return directory;
}

async function copyPart({ path, offset, bytes }: ProgramFile, to: string): Promise<void> {
  await rm(to, { force: true });
  const from = await open(path);
  const copy = await open(to, "wx", 0o755);
  try {
    await copy.writeFile(from.createReadStream({ start: offset, end: offset + bytes - 1, autoClose: false }));
  } finally {
    await copy.close();
    await from.close();
  }
}

/** Everything is where the host has it, and `/tmp` is the sandbox's own folder. */
function locateIn(scratch: string, mounts: Mount[]): Locate {
  const places = [{ from: scratch, to: "/tmp" }, ...mounts];
  return (path) => {
    const place = places.find(({ to }) => path === to || path.startsWith(`${to}/`));
    return place === undefined ? path : place.from + path.slice(place.to.length);
  };
}

/** Ends every process of a user, as that user: the kernel does it in one go, so that nothing can fork away from it. */
async function endAllOf(uid: number, supervisor: string): Promise<void> {
  const ender = spawn(supervisor, ["end-user"], { env: {}, cwd: "/", stdio: "ignore", uid, gid: uid });
  const code = await new Promise<number | null>((resolve, reject) => ender.once("error", reject).once("close", resolve));
  if (code !== 0) throw unavailable(`processes of user ${uid} could not be ended`);
}

/** Removes also what its owner has made unreadable for itself, which stops everybody but root. */
async function removeTree(directory: string): Promise<void> {
  try {
    await rm(directory, { recursive: true, force: true });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && (error.code === "EACCES" || error.code === "EPERM"))) throw error;
    await openUp(directory);
    await rm(directory, { recursive: true, force: true });
  }
}

async function openUp(directory: string): Promise<void> {
  await chmod(directory, 0o700);
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) await openUp(join(directory, entry.name));
  }
}
