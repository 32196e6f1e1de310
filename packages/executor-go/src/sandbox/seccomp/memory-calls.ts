/** Memory and time. */
import { type AnyOf, allowed, because, type Constants, onlyWith, type Policy } from "./policy.js";

/** Not MAP_HUGETLB, whose pages no limit counts, MAP_LOCKED, or MAP_GROWSDOWN, which passes for a stack. */
const harmlessMapFlags = {
  ...{ MAP_FIXED: 0x10, MAP_ANONYMOUS: 0x20, MAP_NORESERVE: 0x4000, MAP_POPULATE: 0x8000 },
  ...{ MAP_STACK: 0x2_0000, MAP_FIXED_NOREPLACE: 0x10_0000 },
};

const mapsOf = (types: Constants): AnyOf => ({
  anyOf: [[{ argument: 3, name: "flags", bits: 64, oneOf: types, besides: harmlessMapFlags }]],
});

/** Not the advice that moves pages out of memory, which other processes that map the file could see. */
const advice = { MADV_DONTNEED: 4, MADV_FREE: 8, MADV_HUGEPAGE: 14, MADV_NOHUGEPAGE: 15, MADV_COLLAPSE: 25 };

export const memoryCalls: Policy = {
  ...because("Go's allocator; files in memory (syscall.Mmap)", { mmap: mapsOf({ MAP_SHARED: 1, MAP_PRIVATE: 2 }) }),
  ...because("Go's allocator", { madvise: onlyWith(2, "advice", advice) }),
  ...allowed("Go's allocator", "munmap mprotect"),
};

/** RLIMIT_DATA counts neither shared memory nor that of /dev/zero. */
export const privateMemory: Policy = because("Go's allocator; RLIMIT_DATA counts private memory alone", {
  mmap: mapsOf({ MAP_PRIVATE: 2 }),
});

export const timeCalls: Policy = {
  ...allowed("Go's scheduler", "nanosleep"),
  ...allowed("package time, where the vDSO has no clock that it can read", "clock_gettime gettimeofday"),
  ...allowed("CPU profiles; the number of timers is a resource limit", "timer_create timer_settime timer_delete setitimer"),
};
