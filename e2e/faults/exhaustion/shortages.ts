/** What a server's host can run out of, as data: each is taken from one server alone, and given back. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { helpersOf } from "../../support/host.js";
import { lower, memoryHierarchy, noDescriptors, processesOf, starve } from "./limits-of-processes.js";
import { type SmallServer, smallPlaces } from "./small-server.js";

export interface Shortage {
  name: string;
  /** Takes it. @returns what gives it back. */
  take(server: SmallServer): Promise<() => Promise<void>>;
}

const ofProcesses: Shortage[] = [
  {
    name: "descriptors",
    take: ({ pid }) => lower("nofile", processesOf(pid), noDescriptors),
  },
  {
    // What starts sandboxes has some, so that sandboxes start whose connections the server can't accept.
    name: "descriptors of its own",
    take: ({ pid }) => lower("nofile", [pid], noDescriptors),
  },
  {
    name: "processes",
    // What starts sandboxes as root has no limit itself, but what it starts has.
    take: ({ pid }) => lower("nproc", processesOf(pid), () => 0),
  },
];

/** The server itself has no way on without memory: V8 ends it, or the kernel does. */
const ofMemory = (hierarchy: string): Shortage => ({
  name: "memory for what starts sandboxes",
  take: ({ pid }) => starve(hierarchy, helpersOf(pid)),
});

/** Between two tries to take what the server has freed. */
const refillMs = 20;
const blockBytes = 64 * 1024;

/** Keeps doing `take` until it fails, and again whenever there may be something to take. */
async function keepTaking(directories: string[], take: (directory: string, count: number) => Promise<void>): Promise<() => Promise<void>> {
  let isOver = false;
  const hoards = directories.map((place) => join(place, "hoard"));
  for (const hoard of hoards) await mkdir(hoard);
  const taking = hoards.map(async (hoard) => {
    for (let count = 0; !isOver; ) {
      try {
        await take(hoard, count++);
      } catch (error) {
        if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
        await pause(refillMs);
      }
    }
    await rm(hoard, { recursive: true });
  });
  return async () => {
    isOver = true;
    await Promise.all(taking);
  };
}

/** Where its own directories are small file systems, see smallPlaces. */
const ofFileSystems: Shortage[] = [
  {
    name: "disk",
    take: (server) => keepTaking(server.directories, (hoard) => writeFile(join(hoard, "blocks"), Buffer.alloc(blockBytes), { flag: "a" })),
  },
  {
    name: "inodes",
    take: (server) => keepTaking(server.directories, (hoard, count) => writeFile(join(hoard, String(count)), "")),
  },
];

/** Those that this user can bring about without touching another server. */
export const shortages: readonly Shortage[] = [
  ...ofProcesses,
  ...(memoryHierarchy === undefined ? [] : [ofMemory(memoryHierarchy)]),
  ...(smallPlaces ? ofFileSystems : []),
];
