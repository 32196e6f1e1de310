/**
 * What the kernel holds for the whole host in sockets, for page tables, and in structures of its own: memory that is in no
 * process. Others on the machine change it too.
 */
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";

const mib = 1024 * 1024;

/** In bytes. */
export interface KernelMemory {
  tcp: number;
  udp: number;
  pageTables: number;
  unreclaimableSlab: number;
}

/**
 * What others on the machine may add at the same time: a large build has some 20 MiB of page tables. It is less than what the
 * attacks on memory ask for: 192 MiB, of which the kernel has 226 to hold where they are in sockets.
 */
const othersBytes = 128 * mib;

/** Who has gone so far beyond a limit has it for longer. */
const intervalMs = 20;

/** In sockstat, memory is told in pages. */
const pageBytes = pageSize();

/** AT_PAGESZ of getauxval(3): pairs of a key and a value. */
function pageSize(): number {
  const pairs = new BigUint64Array(new Uint8Array(readFileSync("/proc/self/auxv")).buffer);
  const at = pairs.findIndex((word, index) => index % 2 === 0 && word === 6n);
  const value = pairs[at + 1];
  if (at < 0 || value === undefined) throw new Error("the kernel does not say how large its pages are");
  return Number(value);
}

export async function kernelMemory(): Promise<KernelMemory> {
  const [sockets = "", memory = ""] = await Promise.all(["/proc/net/sockstat", "/proc/meminfo"].map((path) => readFile(path, "latin1")));
  return {
    tcp: figure(sockets, /^TCP: .*\bmem (\d+)/m) * pageBytes,
    udp: figure(sockets, /^UDP: .*\bmem (\d+)/m) * pageBytes,
    pageTables: figure(memory, /^PageTables: +(\d+) kB/m) * 1024,
    unreclaimableSlab: figure(memory, /^SUnreclaim: +(\d+) kB/m) * 1024,
  };
}

function figure(text: string, pattern: RegExp): number {
  const found = pattern.exec(text)?.[1];
  if (found === undefined) throw new Error(`the kernel does not say ${pattern}`);
  return Number(found);
}

/** @returns what there is more of than others may have added, in words. */
export function grown(before: KernelMemory, after: KernelMemory): string[] {
  return (Object.keys(before) as (keyof KernelMemory)[])
    .filter((what) => after[what] - before[what] > othersBytes)
    .map((what) => `${what}: ${inMib(after[what])}, ${inMib(before[what])} before`);
}

/** @throws Error when the kernel comes to hold more than `limitBytes` and what others may add, while `work` is done. */
export async function withinKernelMemory<Result>(limitBytes: number, work: () => Promise<Result>): Promise<Result> {
  const before = sum(await kernelMemory());
  const ended = new AbortController();
  const peak = highest(ended.signal);
  const result = await work().finally(() => ended.abort());
  const more = (await peak) - before;
  if (more <= limitBytes + othersBytes) return result;
  throw new Error(`the kernel held ${inMib(more)} more than before, where the limit is ${inMib(limitBytes)}`);
}

async function highest(ended: AbortSignal): Promise<number> {
  let peak = 0;
  while (!ended.aborted) {
    peak = Math.max(peak, sum(await kernelMemory()));
    await delay(intervalMs);
  }
  return peak;
}

const sum = (memory: KernelMemory) => Object.values(memory).reduce((total, bytes) => total + bytes, 0);

const inMib = (bytes: number) => `${Math.round(bytes / mib)} MiB`;
