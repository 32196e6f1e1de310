/** Where the control groups of this process are, read from what the kernel says: proc_pid_mountinfo(5), cgroups(7). */
import { readFile } from "node:fs/promises";
import { join, posix } from "node:path";

export interface CgroupMounts {
  /** Version 2; absent where it is not mounted. */
  unified?: Hierarchy;
  /** Version 1, by controller. */
  controllers: Map<string, Hierarchy>;
}

export interface Hierarchy {
  /** The topmost group that can be seen from here. */
  top: string;
  /** This process's own. */
  own: string;
}

/** @param proc another place for what is usually in /proc/self, for tests. */
export async function findCgroupMounts(proc = "/proc/self"): Promise<CgroupMounts> {
  const [mountinfo, membership] = await Promise.all(["mountinfo", "cgroup"].map((name) => readFile(join(proc, name), "utf8")));
  return parseCgroupMounts(mountinfo ?? "", membership ?? "");
}

export function parseCgroupMounts(mountinfo: string, membership: string): CgroupMounts {
  const paths = new Map<string, string>();
  for (const line of membership.split("\n")) {
    const [, , names, path] = /^(\d+):([^:]*):(.*)$/.exec(line) ?? [];
    for (const name of names?.split(",") ?? []) paths.set(name, path ?? "/");
  }
  const found: CgroupMounts = { controllers: new Map() };
  for (const { type, root, at, options } of mountinfo.split("\n").flatMap(parseMount)) {
    const hierarchy = (path = "/"): Hierarchy => ({ top: at, own: join(at, below(root, path)) });
    // Version 2 has no controllers in its line of /proc/self/cgroup.
    if (type === "cgroup2") found.unified ??= hierarchy(paths.get(""));
    if (type !== "cgroup") continue;
    for (const option of options) {
      if (paths.has(option) && !found.controllers.has(option)) found.controllers.set(option, hierarchy(paths.get(option)));
    }
  }
  return found;
}

interface MountLine {
  type: string;
  /** Which part of the file system is mounted. */
  root: string;
  at: string;
  options: string[];
}

function parseMount(line: string): MountLine[] {
  const [place = "", source = ""] = line.split(" - ");
  const [, , , root, at] = place.split(" ").map(unescaped);
  const [type, , options = ""] = source.split(" ");
  return root === undefined || at === undefined || type === undefined ? [] : [{ type, root, at, options: options.split(",") }];
}

/** Spaces and the like are written as `\040`. */
const unescaped = (text: string) => text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

/** The part of a group's path that can be seen below a mount's root; in a container the mount may begin deeper. */
function below(root: string, path: string): string {
  const relative = posix.relative(root, path);
  return relative.startsWith("..") ? "." : relative;
}
