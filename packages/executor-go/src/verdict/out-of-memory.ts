/**
 * What a Go program says when memory runs out under RLIMIT_DATA, where no counter tells (runtime/malloc.go,
 * runtime/mem_linux.go, runtime/os_linux.go). The last is the runtime itself that works, on a thread's own stack, with an
 * address that it did not get: a program's mistakes happen on other goroutines, and are panics.
 */
export const goOutOfMemory = new RegExp(
  [
    "^fatal error: (runtime: )?(out of memory|cannot allocate memory)",
    "^runtime: (out of memory|cannot allocate memory)",
    "^fatal error: runtime: cannot map pages",
    "^SIGSEGV: segmentation violation\\nPC=0x[0-9a-f]+ m=\\d+ sigcode=1 addr=0x0\\n\\ngoroutine 0 ",
  ].join("|"),
  "m",
);
