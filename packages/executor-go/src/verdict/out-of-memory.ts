import { linesThatStart } from "../text/words.js";

/** What a Go program says when memory runs out under RLIMIT_DATA, where no counter tells (runtime/malloc.go, runtime/mem_linux.go). */
const lines = [
  ...["fatal error: runtime: out of memory", "fatal error: out of memory", "runtime: out of memory"],
  ...["fatal error: runtime: cannot allocate memory", "fatal error: cannot allocate memory", "runtime: cannot allocate memory"],
  "fatal error: runtime: cannot map pages",
];

/**
 * The runtime itself works, on a thread's own stack, with an address that it did not get: a program's mistakes happen on
 * other goroutines, and are panics (runtime/os_linux.go).
 */
const crash = "SIGSEGV: segmentation violation\n";
const inRuntime = /^PC=0x[0-9a-f]{1,16} m=\d{1,10} sigcode=1 addr=0x0\n\ngoroutine 0 /;
const inRuntimeLength = 100;

/** Whether a Go program says in `output` that memory has run out. */
export function saysOutOfMemory(output: string): boolean {
  if (lines.some((line) => !linesThatStart(output, line).next().done)) return true;
  for (const at of linesThatStart(output, crash)) {
    const start = at + crash.length;
    if (inRuntime.test(output.slice(start, start + inRuntimeLength))) return true;
  }
  return false;
}
