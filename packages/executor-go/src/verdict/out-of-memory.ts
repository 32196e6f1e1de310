/**
 * What a Go program says when memory runs out under RLIMIT_DATA, where no counter tells (runtime/malloc.go,
 * runtime/mem_linux.go, runtime/os_linux.go).
 */
const said =
  /^(fatal error: (runtime: )?(out of memory|cannot allocate memory)|runtime: (out of memory|cannot allocate memory)|fatal error: runtime: cannot map pages)/m;

/**
 * The runtime's collector does not look whether it was given memory, and falls over nothing at all: on its own stack, which
 * is goroutine 0's, and not by anything that a program does (runtime/mgcmark_greenteagc.go).
 */
const fellOver = /^SIGSEGV: segmentation violation\nPC=0x[0-9a-f]+ m=\d+ sigcode=1 addr=0x0\n\ngoroutine 0 [^\n]*\nruntime\./m;

export const saysOutOfMemory = (text: string) => said.test(text) || fellOver.test(text);
