/** What executions of this process could leave behind on this host. Others may execute on it at the same time. */
import { readdir, readFile, readlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sandboxProcesses } from "../support/host.js";
import { type KernelMemory, kernelMemory } from "./kernel-memory.js";

export interface Traces {
  processes: string[];
  /** Mounts of sandboxes that reached the host. */
  mounts: string[];
  cgroups: string[];
  /** Below the executor's own directory, and in the directory for temporary files. */
  files: string[];
  /** But for the locks of user ids, which are kept for good. */
  descriptors: number;
  /** Segments, sets of semaphores and queues of System V on the host that belong to users of sandboxes. */
  ipc: string[];
  kernel: KernelMemory;
}

/** The variable by which a program is found, whoever its parent has become. */
export const mark = { APP_ATTACK: `by-${process.pid}` };

export async function traces(cacheDir: string): Promise<Traces> {
  const own = (names: string[]) => names.filter((name) => name.startsWith(`${process.pid}-`));
  const work = own(await list(join(cacheDir, "work"))).map((name) => join(cacheDir, "work", name));
  const cgroups = ["memory", "pids", "cpu", "."].map((controller) => join("/sys/fs/cgroup", controller, "gorunner"));
  return {
    processes: [...sandboxProcesses(process.pid).map(({ command }) => command), ...(await marked())],
    mounts: lines(await text("/proc/self/mountinfo")).filter(
      (line) => line.includes(`/work/${process.pid}-`) || /\/(new|old)root/.test(line),
    ),
    cgroups: own((await Promise.all(cgroups.map(list))).flat()),
    files: [...(await Promise.all(work.map(list))).flat(), ...(process.env["TMPDIR"] === undefined ? [] : await list(tmpdir()))],
    descriptors: await openDescriptors(),
    ipc: (
      await Promise.all(["shm", "sem", "msg"].map(async (kind) => lines(await text(`/proc/sysvipc/${kind}`)).filter(isOfSandboxes)))
    ).flat(),
    kernel: await kernelMemory(),
  };
}

async function openDescriptors(): Promise<number> {
  const links = await Promise.all(
    (await list("/proc/self/fd")).map((name) => readlink(join("/proc/self/fd", name)).catch(ignoring(undefined, "ENOENT"))),
  );
  const locks = lines(await text("/proc/net/unix")).flatMap((line) => /(\d+) @gorunner-uid-\d+$/.exec(line)?.[1] ?? []);
  // Undefined: the one by which this directory is read.
  return links.filter((link) => link !== undefined && !locks.some((inode) => link === `socket:[${inode}]`)).length;
}

/** Programs with our mark, wherever they are. */
async function marked(): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await list("/proc")).filter((name) => /^\d+$/.test(name))) {
    if ((await text(`/proc/${pid}/environ`)).includes(`APP_ATTACK=by-${process.pid}\0`)) found.push(`${pid} with our mark`);
  }
  return found;
}

/** Memory that the process can't do without, in bytes, that of its buffers included; call with --expose-gc. */
export function retainedBytes(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const lines = (all: string) => all.split("\n");

/** A line of /proc/sysvipc with an owner from the range of sandboxes, or the ordinary user of the tests (sysvipc(7)). */
const isOfSandboxes = (line: string) =>
  line
    .trim()
    .split(/\s+/)
    .some((field) => /^(30998|30999|31\d{3})$/.test(field));

/** Empty for what is gone, or is not ours to read. */
async function text(path: string): Promise<string> {
  return readFile(path, "latin1").catch(ignoring("", "ENOENT", "ESRCH", "EACCES", "EPERM"));
}

async function list(directory: string): Promise<string[]> {
  return readdir(directory).catch(ignoring<string[]>([], "ENOENT", "ENOTDIR"));
}

const ignoring =
  <Value>(value: Value, ...codes: string[]) =>
  (error: NodeJS.ErrnoException) => {
    if (error.code !== undefined && codes.includes(error.code)) return value;
    throw error;
  };
