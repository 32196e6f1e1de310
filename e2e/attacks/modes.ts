/** The ways in which a host can enforce resource limits, and under whom a server can run: each is a mode of the corpus. */
import { testCacheDirectory } from "@gorunner/testing";
import { ordinaryCache, ordinaryUser, prepareOrdinaryCache } from "../support/ordinary-user.js";

export interface Mode {
  name: string;
  /** What the executor must report. */
  resources: "cgroup-v2" | "cgroup-v1" | "rlimits";
  /** Absent: who runs the tests. */
  user?: { uid: number; gid: number };
  cacheDir: string;
}

const isRoot = process.getuid?.() === 0;
const userCache = isRoot ? ordinaryCache : testCacheDirectory;

/** All that could be; which of them this machine offers, a start shows. */
export const modes: readonly Mode[] = [
  ...(isRoot
    ? (["cgroup-v2", "cgroup-v1", "rlimits"] as const).map((resources) => ({
        name: `${resources}, root`,
        resources,
        cacheDir: testCacheDirectory,
      }))
    : [{ name: "cgroup-v2, user", resources: "cgroup-v2" as const, cacheDir: userCache }]),
  { name: "rlimits, user", resources: "rlimits", cacheDir: userCache, ...(isRoot ? { user: ordinaryUser } : {}) },
];

/** Makes what the mode's user needs and only root can make. */
export async function prepareMode({ user }: Mode): Promise<void> {
  if (user !== undefined) await prepareOrdinaryCache();
}
