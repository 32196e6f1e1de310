import { linesThatStart } from "../text/words.js";

const refused = "runtime: failed to create new OS thread (have ";
const byLimit = /^\d{1,10} already; errno=11\)/;
const byLimitLength = 40;

/**
 * Whether a Go program says that it gets no thread any more under RLIMIT_NPROC, where no counter tells (runtime/os_linux.go);
 * 11 is EAGAIN, which clone(2) answers at that limit.
 */
export function saysOutOfThreads(output: string): boolean {
  for (const at of linesThatStart(output, refused)) {
    const start = at + refused.length;
    if (byLimit.test(output.slice(start, start + byLimitLength))) return true;
  }
  return false;
}
