/** What this host lacks for walls, found by its causes, and what mends it. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** Something that is missing, as an operator should read it. */
export interface Lack {
  lack: string;
  /** What to do about it: a command where there is one. */
  mend?: string;
}

interface Switch {
  /** Below /proc/sys. */
  name: string;
  isOff(value: string): boolean;
  lack: string;
  mend: string;
}

/** The kernel's switches that stand in the way of what bubblewrap needs: user namespaces for everybody. */
const switches: Switch[] = [
  {
    name: "kernel/unprivileged_userns_clone",
    isOff: (value) => value === "0",
    lack: "ordinary users may make no user namespaces (kernel.unprivileged_userns_clone is 0)",
    mend: "sysctl -w kernel.unprivileged_userns_clone=1",
  },
  {
    name: "user/max_user_namespaces",
    isOff: (value) => value === "0",
    lack: "there may be no user namespaces (user.max_user_namespaces is 0)",
    mend: "sysctl -w user.max_user_namespaces=15000",
  },
  {
    name: "kernel/apparmor_restrict_unprivileged_userns",
    isOff: (value) => value === "1",
    lack: "AppArmor lets no program use user namespaces that has no profile for it (kernel.apparmor_restrict_unprivileged_userns is 1)",
    mend: "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or give bwrap a profile with `userns,` in /etc/apparmor.d",
  },
];

/** Where the kernel's own files are; elsewhere in tests. */
export interface LackSources {
  proc?: string;
}

/** @returns what stands in the way of bubblewrap on this host, as far as it can be read off it. */
export async function findNamespaceLacks({ proc = "/proc" }: LackSources = {}): Promise<Lack[]> {
  const lacks: Lack[] = [];
  for (const { name, isOff, lack, mend } of switches) {
    const value = await readIfThere(join(proc, "sys", name));
    if (value !== undefined && isOff(value.trim())) lacks.push({ lack, mend });
  }
  const status = (await readIfThere(join(proc, "self/status"))) ?? "";
  if (/^Seccomp:\s+2$/m.test(status)) {
    lacks.push({
      lack: "this process is under a seccomp filter, as in a container, which may refuse namespaces and mounts",
      mend: "start the container with a profile that allows them, e.g. `docker run --security-opt seccomp=unconfined --security-opt systempaths=unconfined`",
    });
  }
  return lacks;
}

async function readIfThere(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "EACCES") return undefined;
    throw error;
  });
}

/** One sentence of them all. */
export const lacksTold = (lacks: Lack[]) => lacks.map(({ lack, mend }) => (mend === undefined ? lack : `${lack}: ${mend}`)).join("; ");
