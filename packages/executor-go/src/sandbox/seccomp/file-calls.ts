/** Files, pipes, and waiting for them. */
import { allowed, because, onlyWith, type Policy } from "./policy.js";

const ofOneDescriptor = { F_GETFD: 1, F_SETFD: 2, F_GETFL: 3, F_SETFL: 4 };
const ofDescriptors = { ...ofOneDescriptor, F_DUPFD_CLOEXEC: 1030 };
const terminals = { TCGETS: 0x5401 };
const locks = { F_GETLK: 5, F_SETLK: 6, F_SETLKW: 7 };

export const fileCalls: Policy = {
  ...allowed("package os", "read write pread64 pwrite64 lseek close openat fstat newfstatat getdents64 getcwd chdir fchdir readlinkat"),
  ...allowed("package os", "mkdirat unlinkat renameat linkat symlinkat fchmod fchmodat fchmodat2 fchown fchownat utimensat"),
  ...allowed("package os", "truncate ftruncate fsync pipe2"),
  ...allowed("os.File.ReadFrom, from one file to another", "copy_file_range"),
  ...allowed("net.Buffers", "writev"),
  ...allowed("exec.LookPath", "faccessat faccessat2"),
  ...allowed("package syscall: a program that redirects its own streams", "dup dup2 dup3"),
  ...allowed("Go's poller", "epoll_create1 epoll_ctl epoll_pwait eventfd2"),
  ...because("package syscall; without CLOSE_RANGE_UNSHARE, which makes a second table of descriptors beside the counted one", {
    close_range: onlyWith(2, "flags", { "0": 0, CLOSE_RANGE_CLOEXEC: 4 }),
  }),
  ...because("package os, and Go's poller", { fcntl: onlyWith(1, "op", ofDescriptors) }),
  ...because("whether a stream is a terminal", { ioctl: onlyWith(1, "op", terminals) }),
  ...because("its flags are in memory, where a filter can't look; callers then use openat", { openat2: "missing" }),
  ...because("a byte of a page in a socket or pipe holds the page, which is not counted; io.Copy then reads and writes", {
    // EINVAL for splice: of all other errors io.Copy makes its own.
    ...{ sendfile: "missing", splice: "unsupported" },
  }),
};

/**
 * For programs whose kernel memory is not counted. A watch of epoll takes some 200 bytes, and a user may have so many that
 * they fill a twenty-fifth of the host. A file has one watch in each epoll for each descriptor that it ever had. So it has
 * one descriptor, and few epolls can be filled.
 */
export function countedFileCalls(): Policy {
  const { dup: _, dup2: __, dup3: ___, ...calls } = fileCalls;
  return {
    ...calls,
    ...because("package os, and Go's poller; no second descriptor of a file, which takes a second watch of epoll", {
      fcntl: onlyWith(1, "op", ofOneDescriptor),
    }),
    ...because("Go's poller, which a program has at its start; other epolls take kernel memory that is not counted", {
      epoll_ctl: { anyOf: [[{ argument: 0, name: "epfd", bits: 32, from: 0, to: 31 }]] },
    }),
  };
}

/** For Go's tools, which lock the files of their caches. */
export const toolFileCalls: Policy = {
  ...allowed("locks on files of Go's caches", "flock"),
  ...because("package os, Go's poller, and locks on files of Go's caches", { fcntl: onlyWith(1, "op", { ...ofDescriptors, ...locks }) }),
  ...allowed("Go's linker makes room for its output", "fallocate"),
  ...allowed("the go command, for the mode of what it writes", "umask"),
};

/** For the supervisor. */
export const supervisorFileCalls: Policy = {
  ...allowed("the supervisor counts what /tmp holds", "statfs"),
  ...because("whether a stream is a terminal; how much output waits when the time is up", {
    ioctl: onlyWith(1, "op", { ...terminals, FIONREAD: 0x541b }),
  }),
};
