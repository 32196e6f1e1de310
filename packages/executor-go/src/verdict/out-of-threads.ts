/**
 * What a Go program says when it gets no thread any more under RLIMIT_NPROC, where no counter tells (runtime/os_linux.go);
 * 11 is EAGAIN, which clone(2) answers at that limit.
 */
export const goOutOfThreads = /^runtime: failed to create new OS thread \(have \d+ already; errno=11\)/m;
