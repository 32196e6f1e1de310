/** Finds what can limit memory and processes here, by trying, and says what stands in the way of something better. */
import { mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { basename, dirname, join } from "node:path";
import { unavailable } from "@gorunner/core";
import { type CgroupMounts, findCgroupMounts, type Hierarchy } from "./cgroup-mounts.js";
import { type CgroupParents, Cgroups, version1, version2 } from "./cgroups.js";
import type { Lack } from "./host-lacks.js";
import type { ResourceMode } from "./tier.js";

export interface ResourceSearch {
  /** `auto`: the best that there is. */
  mode: "auto" | ResourceMode;
  /** See {@link Cgroups}. */
  owner: string;
  /** Another place for what is usually in /proc/self, for tests. */
  proc?: string;
}

export interface Resources {
  /** Absent where only rlimits hold. */
  cgroups?: Cgroups;
  /** Why it is not version 2, or no control groups at all; empty where nothing is missing. */
  lacks: Lack[];
}

/** The group below which all groups of sandboxes are. */
const parentName = "gorunner";
/** The group into which a server moves itself: one that hands controllers down can't hold processes (cgroups(7)). */
const leafName = "gorunner-server";

/** @throws RunnerError UNAVAILABLE when the mode that is asked for can't be had. */
export async function findResources({ mode, owner, proc }: ResourceSearch): Promise<Resources> {
  if (mode === "rlimits") return { lacks: [] };
  const mounts = await findCgroupMounts(proc);
  const lacks: Lack[] = [];
  for (const [name, find] of [["cgroup-v2", findVersion2] as const, ["cgroup-v1", findVersion1] as const]) {
    if (mode !== "auto" && mode !== name) continue;
    const found = await find(mounts, owner);
    if (found instanceof Cgroups) return { cgroups: found, lacks: [] };
    lacks.push(found);
  }
  if (mode === "auto") return { lacks };
  const [why] = lacks;
  throw unavailable(`executor.resources is ${mode}, which this host does not give: ${why?.lack}${why?.mend ? `; ${why.mend}` : ""}`);
}

/** The control groups of an owner, whichever kind it had: this server may have none. */
export async function controlGroupsOf(owner: string): Promise<string[]> {
  const { unified, controllers } = await findCgroupMounts();
  const bases = [...(unified === undefined ? [] : basesOf(unified)), ...[...controllers.values()].map(({ top }) => top)];
  const groups: string[] = [];
  for (const parent of bases.map((base) => join(base, parentName))) {
    const names = await readdir(parent).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return [];
      throw error;
    });
    groups.push(...names.filter((name) => name.startsWith(`${owner}.`)).map((name) => join(parent, name)));
  }
  return groups;
}

async function findVersion2({ unified }: CgroupMounts, owner: string): Promise<Cgroups | Lack> {
  if (unified === undefined) return { lack: "control groups version 2 are not mounted" };
  const controllers = await readWords(join(unified.top, "cgroup.controllers"));
  if (!controllers.includes("memory") && !controllers.includes("pids") && unified.own === unified.top) {
    return { lack: "control groups version 2 have no memory and pids controllers here: version 1 has them, or nobody hands them down" };
  }
  let refusal: Lack | undefined;
  for (const base of basesOf(unified)) {
    const parents = await delegate(base);
    const found = "lack" in parents ? parents : await tried(new Cgroups({ version: version2, parents, owner }), scopeMend);
    if (found instanceof Cgroups) return found;
    refusal ??= found;
  }
  return refusal ?? { lack: "no control group version 2 is ours" };
}

/** Where groups can be made: at the top for root, in its own group for whom a group was delegated to. */
function basesOf({ top, own }: Hierarchy): string[] {
  // A server that this one was started by may have moved both into its leaf.
  const ours = basename(own) === leafName ? dirname(own) : own;
  return process.getuid?.() === 0 ? [...new Set([top, ours])] : [ours];
}

const scopeMend =
  "start it in a group of its own: `systemd-run --user --scope -p Delegate=yes npm start`, or `Delegate=yes` in its systemd unit";

/** Version 1 can't be delegated safely, and systemd does not (cgroups(7)). */
const rootMend = "start it as root, or on a host with version 2";

/** Makes the group that holds all others, with its controllers. */
async function delegate(base: string): Promise<CgroupParents | Lack> {
  const parent = join(base, parentName);
  try {
    const controllers = await readWords(join(base, "cgroup.controllers"));
    const lacking = ["memory", "pids"].filter((name) => !controllers.includes(name));
    if (lacking.length > 0) return { lack: `the control group ${base} has no ${lacking.join(" and no ")} controller`, mend: scopeMend };
    await handDown(base);
    await mkdir(parent, { recursive: true });
    await handDown(parent);
    const shares = (await readWords(join(parent, "cgroup.subtree_control"))).includes("cpu");
    if (shares) await writeFile(join(parent, "cpu.weight"), String(Math.min(100 * availableParallelism(), 10_000)));
    return { memory: parent, pids: parent, ...(shares ? { cpu: parent } : {}) };
  } catch (error) {
    return refusalOf(error, base, scopeMend);
  }
}

async function handDown(group: string): Promise<void> {
  const control = join(group, "cgroup.subtree_control");
  const given = await readWords(control);
  if (!given.includes("memory") || !given.includes("pids")) {
    await writeFile(control, "+memory +pids").catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== "EBUSY") throw error;
      await moveAside(group);
      await writeFile(control, "+memory +pids");
    });
  }
  // Shares of the processors are better to have, and no more.
  if (!given.includes("cpu")) await writeFile(control, "+cpu").catch(() => {});
}

/** Moves this process, with those that have started it and those that it has started, out of a group that is to hand controllers down. */
async function moveAside(group: string): Promise<void> {
  const leaf = join(group, leafName);
  await mkdir(leaf, { recursive: true });
  const members = await readWords(join(group, "cgroup.procs"));
  const own = String(process.pid);
  const line = await lineage(own);
  for (const pid of members) {
    const isOurs = line.includes(pid) || (await lineage(pid)).includes(own);
    if (isOurs) await writeFile(join(leaf, "cgroup.procs"), pid).catch(ignoreEnded);
  }
}

/** Not all of them need have been made. */
function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}

/** It may have ended meanwhile. */
function ignoreEnded(error: NodeJS.ErrnoException): void {
  if (error.code !== "ESRCH") throw error;
}

/** A process and its ancestors. */
async function lineage(of: string): Promise<string[]> {
  const pids: string[] = [];
  for (let pid = of; Number(pid) > 0; ) {
    pids.push(pid);
    const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
    pid = /^PPid:\s+(\d+)/m.exec(status)?.[1] ?? "0";
  }
  return pids;
}

async function findVersion1({ controllers }: CgroupMounts, owner: string): Promise<Cgroups | Lack> {
  const [memory, pids, cpu] = ["memory", "pids", "cpu"].map((name) => controllers.get(name));
  if (memory === undefined || pids === undefined) return { lack: "control groups version 1 with memory and pids are not mounted" };
  try {
    const parents = { memory: join(memory.top, parentName), pids: join(pids.top, parentName) };
    for (const directory of Object.values(parents)) await mkdir(directory, { recursive: true });
    const shares = cpu && (await shareEvenly(join(cpu.top, parentName)));
    const cgroups = new Cgroups({ version: version1, parents: { ...parents, ...(shares ? { cpu: shares } : {}) }, owner });
    return await tried(cgroups, rootMend);
  } catch (error) {
    return refusalOf(error, dirname(join(memory.top, parentName)), rootMend);
  }
}

/** All sandboxes together weigh as much as one thread a processor, whatever they start. @returns undefined where that is refused. */
async function shareEvenly(parent: string): Promise<string | undefined> {
  try {
    await mkdir(parent, { recursive: true });
    await writeFile(join(parent, "cpu.shares"), String(1024 * availableParallelism()));
    return parent;
  } catch (error) {
    if (isRefusal(error)) return undefined;
    throw error;
  }
}

async function tried(cgroups: Cgroups, mend: string): Promise<Cgroups | Lack> {
  try {
    const trial = cgroups.next();
    try {
      for (const directory of trial.directories) await mkdir(directory);
      trial.limit({ memoryBytes: 64 * 1024 * 1024, processes: 64 });
      trial.events();
    } finally {
      for (const directory of trial.directories) await rmdir(directory).catch(ignoreMissing);
    }
    return cgroups;
  } catch (error) {
    return refusalOf(error, "of a sandbox", mend);
  }
}

function refusalOf(error: unknown, what: string, mend: string): Lack {
  if (!isRefusal(error)) throw error;
  const why: Record<string, string> = {
    EBUSY: `other processes than the server's are in the control group ${what}`,
    EROFS: `the control group ${what} is mounted read-only`,
    EACCES: `the control group ${what} is not ours to change`,
    EPERM: `the control group ${what} is not ours to change`,
  };
  return { lack: why[error.code] ?? `the control group ${what} can't be used (${error.code})`, mend };
}

const refusals = new Set(["ENOENT", "EACCES", "EPERM", "EROFS", "EBUSY", "EINVAL", "ENOTSUP", "EOPNOTSUPP", "ENODEV", "EAGAIN"]);

const isRefusal = (error: unknown): error is Error & { code: string } =>
  error instanceof Error && "code" in error && refusals.has(String(error.code));

/** Empty where the file is not there. */
async function readWords(path: string): Promise<string[]> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  return text.split(/\s+/).filter((word) => word !== "");
}
