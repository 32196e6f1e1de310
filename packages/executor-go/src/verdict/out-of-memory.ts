/**
 * What a Go program says when memory runs out under RLIMIT_DATA, where no counter tells (runtime/malloc.go,
 * runtime/mem_linux.go, runtime/os_linux.go).
 */
export const goOutOfMemory =
  /^(fatal error: (runtime: )?(out of memory|cannot allocate memory)|runtime: (out of memory|cannot allocate memory)|fatal error: runtime: cannot map pages)/m;
