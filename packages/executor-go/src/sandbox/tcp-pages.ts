/** From how large pages the kernel takes memory for TCP's data on this host. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { LackSources } from "./host-lacks.js";

/** @returns what a byte that waits in a queue can keep, and what has it keep less. */
export async function tcpPagesTold({ proc = "/proc" }: LackSources = {}): Promise<string> {
  const areSmall = (await readFile(join(proc, "sys/net/core/high_order_alloc_disable"), "utf8")).trim() === "1";
  const told = (size: string) => `a byte that waits in a TCP queue can keep a page of ${size}, which no limit counts`;
  return areSmall ? told("4 KiB") : `${told("32 KiB")}; of 4 KiB with net.core.high_order_alloc_disable=1`;
}
