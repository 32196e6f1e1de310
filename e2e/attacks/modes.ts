/** The ways in which a host can enforce resource limits, and under whom a server can run: each is a mode of the corpus. */
import { chown, mkdir } from "node:fs/promises";
import { testCacheDirectory } from "@gorunner/testing";
import { ordinaryUser } from "../support/ordinary-user.js";

export interface Mode {
  name: string;
  /** What the executor must report. */
  resources: "cgroup-v2" | "cgroup-v1" | "rlimits";
  /** Absent: who runs the tests. */
  user?: { uid: number; gid: number };
  cacheDir: string;
}

const isRoot = process.getuid?.() === 0;
const ordinaryCache = isRoot ? `${testCacheDirectory}-ordinary-${ordinaryUser.uid}` : testCacheDirectory;

/** All that could be; which of them this machine offers, a start shows. */
export const modes: readonly Mode[] = [
  ...(isRoot
    ? (["cgroup-v2", "cgroup-v1", "rlimits"] as const).map((resources) => ({
        name: `${resources}, root`,
        resources,
        cacheDir: testCacheDirectory,
      }))
    : [{ name: "cgroup-v2, user", resources: "cgroup-v2" as const, cacheDir: ordinaryCache }]),
  { name: "rlimits, user", resources: "rlimits", cacheDir: ordinaryCache, ...(isRoot ? { user: ordinaryUser } : {}) },
];

/** Makes what the mode's user needs and only root can make. */
export async function prepareMode({ user, cacheDir }: Mode): Promise<void> {
  if (user === undefined) return;
  await mkdir(cacheDir, { recursive: true });
  await chown(cacheDir, user.uid, user.gid);
}
