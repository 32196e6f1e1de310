/** Memory and time. */
import { type AnyOf, allowed, because, type Constants, onlyWith, type Policy } from "./policy.js";

/** Not MAP_HUGETLB, whose pages no limit counts, MAP_LOCKED, or MAP_GROWSDOWN, which passes for a stack. */
const harmlessMapFlags = {
  ...{ MAP_FIXED: 0x10, MAP_ANONYMOUS: 0x20, MAP_NORESERVE: 0x4000, MAP_POPULATE: 0x8000 },
  ...{ MAP_STACK: 0x2_0000, MAP_FIXED_NOREPLACE: 0x10_0000 },
};

const mapsOf = (types: Constants, besides: Constants = harmlessMapFlags): AnyOf => ({
  anyOf: [[{ argument: 3, name: "flags", bits: 64, oneOf: types, besides }]],
});

/** Not the advice that moves pages out of memory, which other processes that map the file could see. */
const advice = { MADV_DONTNEED: 4, MADV_FREE: 8, MADV_HUGEPAGE: 14, MADV_NOHUGEPAGE: 15, MADV_COLLAPSE: 25 };

export const memoryCalls: Policy = {
  ...because("Go's allocator; files in memory (syscall.Mmap)", { mmap: mapsOf({ MAP_SHARED: 1, MAP_PRIVATE: 2 }) }),
  ...because("Go's allocator", { madvise: onlyWith(2, "advice", advice) }),
  ...allowed("Go's allocator", "munmap mprotect"),
};

const { MAP_ANONYMOUS, ...besidesAnonymous } = harmlessMapFlags;

/**
 * No files: RLIMIT_DATA counts neither shared memory nor that of /dev/zero, and a map keeps its file open when the descriptor
 * is closed, up to 65,530 of them (vm.max_map_count), which only a control group counts.
 */
export const privateMemory: Policy = because("Go's allocator; RLIMIT_DATA counts private memory alone, and no limit the files of maps", {
  mmap: mapsOf({ "MAP_PRIVATE with MAP_ANONYMOUS": 2 | MAP_ANONYMOUS }, besidesAnonymous),
});

export const timeCalls: Policy = {
  ...allowed("Go's scheduler", "nanosleep"),
  ...allowed("package time, where the vDSO has no clock that it can read", "clock_gettime gettimeofday"),
  ...allowed("CPU profiles; the number of timers is a resource limit", "timer_create timer_settime timer_delete setitimer"),
};
