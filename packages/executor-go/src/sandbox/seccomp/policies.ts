/** What each kind of process may ask of the kernel: what Go needs, and nothing for its own sake. */
import type { Architecture } from "./architecture.js";
import { type AnyOf, allowed, onlyWith, type Policy } from "./policy.js";

const memoryAndTime: Policy = {
  ...allowed(`
    mmap munmap mprotect madvise mincore mremap msync brk
    nanosleep clock_nanosleep clock_gettime clock_getres gettimeofday time times timer_create timer_settime timer_delete
    setitimer getitimer
  `),
};

const signalsAndThreads: Policy = {
  ...allowed(`
    futex sched_yield sched_getaffinity gettid getpid getppid exit exit_group restart_syscall
    rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack tgkill kill pause pidfd_open pidfd_send_signal wait4 waitid execve
  `),
  // ARCH_SET_FS and ARCH_GET_FS: where a thread's own data are.
  arch_prctl: onlyWith(0, 0x1002, 0x1003),
  // It tells its flags in memory, where a filter can't look; callers then use clone.
  clone3: "missing",
};

/** F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL; F_DUPFD_CLOEXEC, F_SETPIPE_SZ, F_GETPIPE_SZ. */
const ofDescriptors = [...[0, 1, 2, 3, 4], ...[1030, 1031, 1032]];
/** TCGETS (is it a terminal?), TIOCOUTQ, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX. */
const harmlessIoctls = [0x5401, 0x5411, 0x5413, 0x541b, 0x5421, 0x5450, 0x5451];

const filesAndPipes: Policy = {
  ...allowed(`
    read pread64 readv preadv preadv2 write pwrite64 writev pwritev pwritev2 lseek close close_range dup dup2 dup3 pipe pipe2
    poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 eventfd eventfd2
    open openat openat2 creat stat fstat lstat newfstatat statx access faccessat faccessat2 statfs fstatfs
    getdents getdents64 getcwd chdir fchdir readlink readlinkat
    mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2 link linkat symlink symlinkat
    chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat umask utime utimes futimesat utimensat
    truncate ftruncate fallocate fsync fdatasync copy_file_range sendfile splice
  `),
  fcntl: onlyWith(1, ...ofDescriptors),
  ioctl: onlyWith(1, ...harmlessIoctls),
};

/** PR_GET_DUMPABLE, PR_SET_NAME, PR_GET_NAME, PR_GET_SECCOMP, PR_GET_NO_NEW_PRIVS, PR_SET_VMA (a name for memory). */
const ofItself = [3, 15, 16, 21, 39, 0x5356_4d41];

const aboutItself: Policy = {
  ...allowed(`
    getuid geteuid getgid getegid getresuid getresgid getgroups getpgid getpgrp getsid uname sysinfo getrusage getrandom
  `),
  prctl: onlyWith(0, ...ofItself),
  // Only to read: there is no new limit.
  prlimit64: { anyOf: [[{ argument: 2, bits: 64, oneOf: [0] }]] },
};

/** Address families. */
const [UNIX, INET, INET6] = [1, 2, 10];
/** Of a socket's type, its upper bits are SOCK_NONBLOCK and SOCK_CLOEXEC: SOCK_TYPE_MASK. */
const typeMask = 0xf;
const [STREAM, DGRAM] = [1, 2];
/**
 * By default, TCP and UDP. Not MPTCP, which Go tries first where it listens: no table tells what waits in its queues. Go then
 * takes TCP (src/net/mptcpsock_linux.go).
 */
const protocols = [0, 6, 17];

const onlineSockets = [
  { argument: 0, bits: 32, oneOf: [INET, INET6] },
  { argument: 1, bits: 32, mask: typeMask, oneOf: [STREAM, DGRAM] },
  { argument: 2, bits: 32, oneOf: protocols },
] as const;

/** All flags of a send but MSG_DONTWAIT, MSG_NOSIGNAL and MSG_MORE. */
const otherSendFlags = 0xffff_ffff - 0x40 - 0x4000 - 0x8000;

/**
 * MSG_EOR above all is none of those: it keeps what is sent apart from what comes next, and a byte then takes some 740 of the
 * kernel's, of which its tables tell one.
 */
const usualSend = (argument: number): AnyOf => ({ anyOf: [[{ argument, bits: 32, mask: otherSendFlags, oneOf: [0] }]] });

const connections: Policy = {
  ...allowed(`
    bind listen accept accept4 connect getsockname getpeername getsockopt setsockopt recvfrom recvmsg recvmmsg shutdown
  `),
  sendto: usualSend(3),
  sendmsg: usualSend(2),
  // It takes MSG_EOR from memory too, where a filter can't look; callers then use sendmsg.
  sendmmsg: "missing",
  socket: { anyOf: [onlineSockets] },
};

const localConnections: Policy = {
  socket: { anyOf: [[{ argument: 0, bits: 32, oneOf: [UNIX] }], onlineSockets] },
  socketpair: onlyWith(0, UNIX),
};

/**
 * CLONE_VFORK, CLONE_VM and SIGCHLD, and the same with CLONE_PIDFD: how package syscall starts a process. Without SIGCHLD it
 * tries whether there is CLONE_PIDFD.
 */
const processFlags = [0x4111, 0x5111, 0x5100];

const cloneWith = (...flags: number[]): AnyOf => ({ anyOf: [[{ argument: 0, bits: 64, oneOf: flags }]] });

/** For those that start and limit others: the supervisor, and the builder with the tools that it drives. */
const ofStarters = ({ threadFlags }: Architecture): Policy => ({
  ...allowed("prlimit64 setpgid setsid"),
  clone: cloneWith(threadFlags, ...processFlags),
  // PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS, and PR_SET_SECCOMP, which can only make a filter stricter.
  prctl: onlyWith(0, ...ofItself, 4, 38, 22),
});

/** What all have. */
const common: Policy = { ...memoryAndTime, ...signalsAndThreads, ...filesAndPipes, ...aboutItself };

/** A user's program: threads, but no new process. */
export const runPolicy = ({ threadFlags }: Architecture): Policy => ({
  ...common,
  ...connections,
  ...localConnections,
  clone: cloneWith(threadFlags),
});

/** MAP_PRIVATE of MAP_TYPE, and no MAP_GROWSDOWN. */
const countedMaps: AnyOf = { anyOf: [[{ argument: 3, bits: 32, mask: 0x10f, oneOf: [0x2] }]] };

/** IPPROTO_IP, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_IPV6. */
const protocolLevels = [0, 6, 17, 41];
const socketLevel = 1;
/** SO_REUSEADDR, SO_DONTROUTE, SO_BROADCAST, SO_KEEPALIVE, SO_LINGER, SO_REUSEPORT, SO_PASSCRED, SO_RCVLOWAT, both SO_…TIMEO. */
const socketOptions = [...[2, 5, 6, 9, 13, 15, 16, 18, 20, 21], ...[66, 67]];
/** All but the sizes of buffers. */
const usualBuffers: AnyOf = {
  anyOf: [
    [{ argument: 1, bits: 32, oneOf: protocolLevels }],
    [
      { argument: 1, bits: 32, oneOf: [socketLevel] },
      { argument: 2, bits: 32, oneOf: socketOptions },
    ],
  ],
};

/**
 * The same where no control group limits memory, without what RLIMIT_DATA and our supervisor do not count: shared memory,
 * of nothing or of /dev/zero, memory that passes for a stack, which mremap makes of the real one, and larger buffers of
 * sockets.
 */
export function runPolicyByRlimits(architecture: Architecture): Policy {
  const { mremap: _, ...counted } = runPolicy(architecture);
  return { ...counted, mmap: countedMaps, setsockopt: usualBuffers };
}

/** The sandbox in which a user's program runs, with our supervisor. */
export const aroundRunPolicy = (architecture: Architecture): Policy => ({
  ...runPolicy(architecture),
  ...ofStarters(architecture),
});

/** Our builder and Go's own tools, which lock files of their caches by flock and by fcntl; without sockets. */
export const buildPolicy = (architecture: Architecture): Policy => ({
  ...common,
  ...ofStarters(architecture),
  ...allowed("flock"),
  // F_GETLK, F_SETLK and F_SETLKW besides.
  fcntl: onlyWith(1, ...ofDescriptors, 5, 6, 7),
});

/**
 * The same with TCP, on the loopback of its own network namespace, and with stream sockets to the server's forwarder, whose
 * path is the only one of the host's that it sees.
 */
export const fetchPolicy = (architecture: Architecture): Policy => ({
  ...buildPolicy(architecture),
  ...connections,
  socket: {
    anyOf: [
      [
        { argument: 0, bits: 32, oneOf: [UNIX, INET] },
        { argument: 1, bits: 32, mask: typeMask, oneOf: [STREAM] },
        { argument: 2, bits: 32, oneOf: protocols },
      ],
    ],
  },
});
